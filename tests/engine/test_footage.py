"""Real footage through the real commentator, on virtual time: what is said of it is true, named,
never said twice, and goes on while something goes on.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from itertools import pairwise
from statistics import median

import pytest
from livekit.plugins.pressbox.commentator import SampledFrame

from config.settings import RoomSettings
from models.engine import GenerationRequest, Picture
from models.sketch.eyes import Eyes
from models.sketch.narrator import reply
from tests.bench import tuning
from tests.support.footage import MEDIA, WEIGHTS

VISITS = ((6.0, 20.5), (22.5, 45.5), (50.0, 70.5), (74.0, 87.5), (92.0, 120.5), (123.0, 136.5))
"""Seconds of people.mp4 in which somebody, or a shadow, is in view."""
DRESSED = ("grey", "black", "black", "black", "grey", "grey")
CARS = {"white": ((4.5, 9.0), (14.5, 19.0), (25.5, 28.5)), "red": ((14.5, 20.0),)}
LOOPS = {"people.mp4": 1, "cars.mp4": 8}


@cache
def film(name: str) -> list[SampledFrame]:
    path = MEDIA / name
    if not path.is_file() or not WEIGHTS.is_file():
        pytest.skip(f"no {path.name} or no {WEIGHTS.name}")
    return tuning.encoded(path)


@cache
def heard(name: str, preset: str) -> tuning.Heard:
    """The film plays so often."""
    shown, lasts = film(name), length(name)
    again = [
        replace(one, capture_time=one.capture_time + loop * lasts)
        for loop in range(LOOPS[name])
        for one in shown
    ]
    return tuning.heard(again, RoomSettings(preset=preset))


def length(name: str) -> float:
    return film(name)[-1].capture_time + 0.1


def told(name: str, preset: str) -> list[tuple[float, str]]:
    """Each line with the film's second of its newest picture."""
    found = heard(name, preset)
    return [((one.anchor - found.begun) % length(name), one.text) for one in found.lines]


def silences(name: str, preset: str) -> list[float]:
    """Seconds between the lines."""
    found = heard(name, preset)
    ends = [(one.started_at or 0.0, one.ended_at or 0.0) for one in found.lines]
    last = found.begun + found.seconds
    return [after[0] - before[1] for before, after in pairwise([*ends, (last, last)])]


@pytest.mark.parametrize(
    ("name", "preset", "least"), [("people.mp4", "default", 20), ("cars.mp4", "default", 30)]
)
def test_nothing_is_said_twice_or_of_stillness(name: str, preset: str, least: int) -> None:
    assert heard(name, preset).repeats <= len(told(name, preset)) // 20
    assert len(told(name, preset)) >= least
    assert not any("still" in line or "movement" in line for _, line in told(name, preset))


def test_people_are_named_when_they_are_there() -> None:
    lines = told("people.mp4", "default")
    for now, line in lines:
        visits = [n for n, (begin, end) in enumerate(VISITS) if begin <= now <= end + 4]
        person = [word for word in ("person", "some", "they", "the one") if word in line.lower()]
        assert bool(visits) or not person, (now, line)
        for colour in ("grey", "black"):
            if f"in {colour}" in line:
                assert any(DRESSED[visit] == colour for visit in visits), (now, line)
        if re.search("nobody|no one|empty", line):
            inside = [(begin, end) for begin, end in VISITS if begin + 0.5 < now < end]
            assert not inside, (now, line)
        assert "something" not in line.lower(), f"{now} {line}: nothing but people moves"
    for begin, end in VISITS:
        spoken = [line for now, line in lines if begin <= now <= end + 4]
        assert any("person" in line.lower() or "some" in line.lower() for line in spoken)


def test_cars_have_their_colours_and_ways() -> None:
    for now, line in told("cars.mp4", "default"):
        words = set(re.findall(r"\w+", line.lower()))
        for colour, times in CARS.items():
            if colour in words:
                assert any(begin <= now <= end + 4 for begin, end in times), (now, line)
        assert not re.search("red (?:one )?(?:goes )?downwards|red.*from above", line), line
        assert not {"car", "phone", "bus", "person"} & words


def test_cars_that_come_again_and_again_are_told_of() -> None:
    found = silences("cars.mp4", "default")
    assert max(found) < 45
    assert median(found) < 5


def test_somebody_in_view_is_talked_about_without_a_pause() -> None:
    found = silences("people.mp4", "lively")
    assert median(found) <= 0.4
    assert sorted(found)[-3] < 6  # twice nothing is asked for, since nothing moves


def test_it_looks_for_itself_where_nothing_was_named() -> None:
    shown = [one for one in film("people.mp4") if 10 <= one.capture_time < 12][::5]
    newest = shown[-1].capture_time
    pictures = tuple(Picture(one.jpeg, one.capture_time - newest) for one in shown)
    asked = GenerationRequest(pictures=pictures, text="Say what happens.", room="lobby")
    named, blind = (" ".join(reply(asked, eyes)) for eyes in (Eyes(str(WEIGHTS)), Eyes()))
    assert re.search("person|[Ss]ome", named), named
    assert "person" not in blind
