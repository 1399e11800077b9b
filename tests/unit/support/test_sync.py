from __future__ import annotations

import pytest

from tests.bench.sync import Timeline, by_situation, first_seen, inside
from tests.support.measure import HeardLine
from tests.support.records import SeenFrame

OFFSET = 1_700_000_000.0
FPS = 30


def delay(capture: float) -> float:
    """2 s for 20 s, then 5 % more each second for 10 s, then 2.5 s."""
    return 2.0 + 0.05 * min(max(capture - 20.0, 0.0), 10.0)


def seen(number: int) -> SeenFrame:
    """Every third one comes 20 ms late; from 60 s on the picture has another shape."""
    capture = number / FPS
    received = capture + delay(capture) + 0.02 * (number % 3 == 0)
    width, height = (1280, 720) if capture < 60 else (640, 480)
    return SeenFrame(received, round((capture + OFFSET) * 1e6), number, width, height, None)


FRAMES = [seen(number) for number in range(90 * FPS)]


def line(number: int, start: float, sync: float | None) -> HeardLine:
    shown = None if sync is None else start + sync
    return HeardLine(number, "commentary", start, start + 1, shown)


def test_the_age_is_that_of_the_pictures_around() -> None:
    timeline = Timeline(FRAMES, OFFSET)
    assert timeline.age(15) == pytest.approx(2.0, abs=0.02)
    assert timeline.age(50) == pytest.approx(2.5, abs=0.02)
    assert timeline.age(-5) != timeline.age(-5), "nothing was seen then"


def test_a_line_is_counted_where_it_belongs_and_once() -> None:
    lines = [
        line(0, 5, None),
        line(1, 8, 0.2),
        line(2, 15, 0.01),
        line(3, 26, -0.03),
        line(4, 45, -0.01),
        line(5, 64, 0.05),
        line(6, 80, 0.02),
    ]
    timeline = Timeline(FRAMES, OFFSET)
    assert timeline.changes == pytest.approx([62.52], abs=0.01)
    found = by_situation(lines, timeline)
    rounded = {which: [round(error, 3) for error in errors] for which, errors in found.items()}
    assert rounded == {
        "first": [0.2],
        "slew": [-0.03],
        "change": [0.05],
        "other": [0.01, -0.01, 0.02],
    }
    assert first_seen(lines) is lines[1]


def test_a_picture_that_is_scaled_is_no_other_source() -> None:
    frames = [
        SeenFrame(i / FPS, round((i / FPS + OFFSET) * 1e6), i, 1280 if i < 30 else 640, h, None)
        for i, h in enumerate([720] * 30 + [360] * 30)
    ]
    assert Timeline(frames, OFFSET).changes == []


def test_sound_may_be_later_than_it_may_be_early() -> None:
    assert inside([-0.061, -0.059, 0.039, 0.041]) == 0.5
