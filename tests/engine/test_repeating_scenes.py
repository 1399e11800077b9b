"""A scene that repeats is not met with silence, nor is one where somebody is in view."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from statistics import median

import pytest

from config.settings import RoomSettings
from tests.bench import tuning
from tests.engine.footage import SHARED, WEIGHTS


@cache
def silences(name: str, loops: int, preset: str) -> list[float]:
    """Seconds between the lines of the real commentator over a film that plays again and again."""
    path = SHARED / "media" / name
    if not path.is_file() or not WEIGHTS.is_file():
        pytest.skip(f"no {path.name} or no {WEIGHTS.name}")
    film = tuning.encoded(path)
    lasts = film[-1].capture_time + 0.1
    shown = [
        replace(one, capture_time=one.capture_time + loop * lasts)
        for loop in range(loops)
        for one in film
    ]
    heard = tuning.heard(shown, RoomSettings(preset=preset))
    ends = [(one.started_at or 0.0, one.ended_at or 0.0) for one in heard.lines]
    last = heard.begun + heard.seconds
    return [after[0] - before[1] for before, after in pairwise([*ends, (last, last)])]


def test_cars_that_come_again_and_again_are_told_of() -> None:
    found = silences("cars.mp4", 8, "default")
    assert max(found) < 45
    assert median(found) < 5


def test_somebody_in_view_is_talked_about_without_a_pause() -> None:
    found = silences("people.mp4", 1, "lively")
    assert median(found) <= 0.4
    assert sorted(found)[-3] < 6  # twice nothing is asked for, since nothing moves
