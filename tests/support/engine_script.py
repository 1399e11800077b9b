"""What a scripted engine does with each request."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tests.support.tones import named_tone_hz, tone

RATE = 24_000
TAIL = 0.1
"""Seconds of silence behind every line, as speech synthesis leaves it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: ready is the time to the first sound or text, speech the sound's length (s).

    speed is seconds of sound made per second.
    """

    ready: float = 0.2
    speech: float = 2.0
    speed: float = 5.0
    text: str = ""
    audio: bool = True


class Script(Protocol):
    """Says what to answer to the request of this number, from 0 on, and of this kind."""

    def __call__(self, number: int, kind: str) -> Answer: ...


class Repeat:
    """The given answers, over and over."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = answers or (Answer(),)

    def __call__(self, number: int, kind: str) -> Answer:
        return self._answers[number % len(self._answers)]


class Lognormal:
    """Ready times lognormal with this mean (s) and coefficient of variation.

    With s² = ln(1 + cv²) and m = ln(mean) - s²/2, exp of a normal (m, s) has that mean and cv.
    """

    def __init__(
        self, mean: float, cv: float, *, seed: int, speech: float, spread: float, speed: float
    ) -> None:
        """speech: mean length of a line in seconds, uniform within ± spread seconds."""
        self._variance = float(np.log(1 + cv**2))
        self._mu = float(np.log(mean)) - self._variance / 2
        self._seed = seed
        self._speech, self._spread, self._speed = speech, spread, speed

    def __call__(self, number: int, kind: str) -> Answer:
        dice = random.Random(self._seed * 1_000_003 + number)
        return Answer(
            ready=dice.lognormvariate(self._mu, self._variance**0.5),
            speech=self._speech + dice.uniform(-self._spread, self._spread),
            speed=self._speed,
        )


def filled(answer: Answer, number: int) -> Answer:
    """The answer with a text that says its number, where it has none of its own."""
    return answer if answer.text else replace(answer, text=f"This is line {number}.")


def speech(answer: Answer, number: int) -> NDArray[np.int16]:
    """The sound of an answer: the tone that says its number, then TAIL: (n,) int16 at RATE."""
    sound = tone(answer.speech, named_tone_hz(number), RATE)
    return np.concatenate([sound, np.zeros(round(TAIL * RATE), np.int16)])


def words(text: str, pieces: int) -> Sequence[str]:
    """The text cut between words into this many parts, some of them empty."""
    parts = [word + " " for word in text.split()]
    bounds = [round(i * len(parts) / pieces) for i in range(pieces + 1)]
    return ["".join(parts[a:b]) for a, b in pairwise(bounds)]
