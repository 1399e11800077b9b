"""Real footage: what is said of it is true, named, and never said twice."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from livekit.plugins.pressbox.commentator.history import MAX_TURNS
from livekit.plugins.pressbox.commentator.repeats import COMPARED, likeness

from models.sketch.eyes import Eyes
from tests.engine.footage import SHARED, WEIGHTS, Sample, sampled, told
from vision.detector import Detector

VISITS = ((6.0, 20.5), (22.5, 45.5), (50.0, 70.5), (74.0, 87.5), (92.0, 120.5), (123.0, 136.5))
"""Seconds of people.mp4 in which somebody, or a shadow, is in view."""
DRESSED = ("grey", "black", "black", "black", "grey", "grey")
CARS = {"white": ((4.5, 9.0), (14.5, 19.0), (25.5, 28.5)), "red": ((14.5, 20.0),)}


@cache
def film(name: str) -> list[Sample]:
    path = SHARED / "media" / name
    if not path.is_file() or not WEIGHTS.is_file():
        pytest.skip(f"no {path.name} or no {WEIGHTS.name}")
    return sampled(path, Detector(WEIGHTS))


@pytest.mark.parametrize(("name", "least"), [("people.mp4", 25), ("cars.mp4", 5)])
@pytest.mark.parametrize("turns", [MAX_TURNS, 100])
def test_nothing_is_said_twice_or_of_stillness(name: str, least: int, turns: int) -> None:
    """As far as the request tells what was said."""
    lines = [line for _, line in told(film(name), turns=turns)]
    assert len(lines) >= least
    assert not any("still" in line or "movement" in line for line in lines)
    for at, line in enumerate(lines):
        assert line not in lines[max(0, at - turns) : at]
        heard = [plain(one) for one in lines[max(0, at - turns) : at]]
        assert all(likeness(plain(line), one) < 0.8 for one in heard[-COMPARED:]), line
        assert plain(line) not in heard


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def test_people_are_named_when_they_are_there() -> None:
    lines = told(film("people.mp4"))
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
        if "something" in line.lower():
            pytest.fail(f"{now} {line}: nothing but people moves")
    for begin, end in VISITS:
        spoken = [line for now, line in lines if begin <= now <= end + 4]
        assert any("person" in line.lower() or "some" in line.lower() for line in spoken)


def test_cars_have_their_colours_and_ways() -> None:
    for now, line in told(film("cars.mp4")):
        for colour, times in CARS.items():
            if colour in plain(line).split():
                assert any(begin <= now <= end + 4 for begin, end in times), (now, line)
        assert not re.search("red (?:one )?(?:goes )?downwards|red.*from above", line), line
        assert not {"car", "phone", "bus", "person"} & set(line.lower().strip(".").split())


def test_it_looks_for_itself_where_nothing_was_named() -> None:
    bare = [replace(sample, objects=None) for sample in film("people.mp4")[:80]]
    named = [line for _, line in told(bare, eyes=Eyes(str(WEIGHTS)))]
    assert any("person" in line or "some" in line.lower() for line in named)
    blind = [line for _, line in told(bare)]
    assert not any("person" in line for line in blind)
    assert all(one != two for one, two in pairwise(blind))
