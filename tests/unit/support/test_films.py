from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support import cutouts
from tests.support.camera_source import Shown, film_times
from tests.support.film_scripts import films
from tests.support.scripted_films import Film

pytestmark = pytest.mark.skipif(
    not (cutouts.PEOPLE.is_file() and cutouts.CARS.is_file()), reason="no footage"
)


def other(film: Film, time: float) -> int:
    """Pixels that are not as in the film's first picture."""
    rest = np.abs(film.picture(time).astype(np.int16) - film.picture(0).astype(np.int16))
    return int((rest.max(axis=2) > 25).sum())


def test_somebody_comes_when_half_of_them_is_in_the_picture_and_has_left_when_nothing_is() -> None:
    film = films()["visits"]
    came, left = film.events[:2]
    assert (came.kind, left.kind) == ("came", "left")
    whole = other(film, (came.time + left.time) / 2)
    assert 0.25 < other(film, came.time) / whole < 0.75
    assert other(film, came.time - 0.6) == 0
    assert other(film, left.time - 0.6) > 0
    assert other(film, left.time + 0.1) == 0


def test_each_film_begins_and_ends_alike_so_that_it_may_begin_anew() -> None:
    for film in films().values():
        assert other(film, film.seconds - 0.1) < (2_000 if not film.drift else 20_000), film.name


def test_the_light_goes_out_and_another_scene_comes_when_the_film_says_so() -> None:
    film = films()["lights"]
    for event in film.events:
        before, after = (film.picture(event.time + off).mean() for off in (-0.3, 0.3))
        if event.kind in ("dark", "lit"):
            assert (after < before) == (event.kind == "dark")
        else:
            assert other(film, event.time - 0.1) != other(film, event.time + 0.1)


def test_what_a_camera_noted_is_read_from_its_log(tmp_path: Path) -> None:
    log = tmp_path / "cam.log"
    log.write_text('a warning\nfilm {"at": 12.5, "place": 0.0}\nfilm {"at": 20.0, "place": 3.2}\n')
    assert film_times(log) == [Shown(12.5, 0.0), Shown(20.0, 3.2)]
