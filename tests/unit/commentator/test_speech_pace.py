"""When a line of a slow engine may start."""

from __future__ import annotations

import random

import pytest
from livekit.plugins.pressbox.commentator.speech_pace import LINES, SpeechPace

CHUNK = 1.0
LETTERS = 14
"""Of text in a second of speech."""


def arrivals(seconds: float, rate: float) -> list[tuple[float, float]]:
    """When how much of a line is there, both in seconds since its first sound."""
    found, there = [], 0.0
    while there < seconds:
        there = min(seconds, there + CHUNK)
        found.append(((there - CHUNK) / rate if there > CHUNK else 0.0, there))
    return found


def learn(pace: SpeechPace, seconds: float, rate: float) -> None:
    pieces = arrivals(seconds, rate)
    pace.note(
        seconds=seconds,
        first_seconds=pieces[0][1],
        took=pieces[-1][0],
        letters=round(seconds * LETTERS),
    )


def start_of(pace: SpeechPace, seconds: float, rate: float) -> float:
    letters = round(seconds * LETTERS)
    pieces = arrivals(seconds, rate)
    return next((at for at, there in pieces if pace.enough(there, letters)), pieces[-1][0])


def dry(start: float, seconds: float, rate: float) -> float:
    """Seconds by which a line that starts then is overtaken by its playing."""
    played = 0.0
    worst = 0.0
    for at, there in arrivals(seconds, rate):
        worst = max(worst, at - (start + played))
        played = there
    return worst


@pytest.mark.parametrize("rate", [0.3, 0.6, 0.9, 1.0, 1.3])
def test_a_line_never_falls_dry_once_the_rate_is_known(rate: float) -> None:
    pace, chance = SpeechPace(), random.Random(5)
    for at in range(40):
        seconds = chance.uniform(2.0, 7.0)
        if at >= 3:
            assert dry(start_of(pace, seconds, rate), seconds, rate) <= 0.0
        learn(pace, seconds, rate)


def test_a_recovered_engine_is_trusted_again() -> None:
    pace = SpeechPace()
    for _ in range(LINES):
        learn(pace, 4.0, rate=0.4)
    assert not pace.enough(1.0, 56)
    for _ in range(LINES):
        learn(pace, 4.0, rate=4.0)
    assert pace.enough(1.0, 56)
