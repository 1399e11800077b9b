"""From a request to what the model reads. Pure.

The system part depends on persona and voice alone, so that it is the same for all requests of a
room and the model can keep what it has worked out for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.engine import HEARING_RATE, GenerationRequest, Turn
from models.runtime.parts import Frame, Part, Prompt, Sound
from models.runtime.text import one_line, plain
from models.runtime.words import Words, words_for

LEAST_SOUND = HEARING_RATE // 2
"""Samples; shorter spoken questions are padded with silence, the model hears nothing in less."""

MOST_AGES = 12
"""Pictures whose times are told one by one, where they are uneven."""


def build(
    request: GenerationRequest, frames: Sequence[Frame], reference: Sound | None = None
) -> Prompt:
    """The prompt of one request.

    Args:
        request: Already cut down to the model's window.
        frames: Its pictures, decoded, oldest first.
        reference: The voice to speak with; None when no speech is wanted.
    """
    words = words_for(request.system)
    return Prompt(_system(request.system, reference, words), _user(request, frames, words))


def heard(pcm: bytes) -> Sound:
    """A spoken question: 16 kHz mono int16 little endian as float32 in [-1, 1], at least 0.5 s."""
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2").astype(np.float32) / 32768
    padding = max(0, LEAST_SOUND - len(samples))
    padded: NDArray[np.float32] = np.pad(samples, (0, padding))
    return Sound(padded)


def _system(text: str, reference: Sound | None, words: Words) -> tuple[Part, ...]:
    persona = plain(text) or words.persona
    if reference is None:
        return (persona,)
    return (words.clone, reference, f"{words.speak}\n{persona}")


def _user(request: GenerationRequest, frames: Sequence[Frame], words: Words) -> tuple[Part, ...]:
    before = _history(request.history, words)
    if len(frames) > 1:
        before.append(_about(frames, [picture.time for picture in request.pictures], words))
    parts: list[Part] = ["\n".join(before) + "\n"] if before else []
    parts += frames
    if request.sound:
        parts += ["\n" * bool(frames) + words.heard + "\n", heard(request.sound)]
    if question := plain(request.text):
        parts.append("\n" * bool(frames or request.sound) + question)
    return tuple(parts)


def _history(turns: Sequence[Turn], words: Words) -> list[str]:
    """A line for each turn, whatever line breaks somebody put into it."""
    return [
        (words.said if turn.role == "assistant" else words.asked).format(one_line(turn.text))
        for turn in turns
    ]


def _about(frames: Sequence[Frame], times: Sequence[float], words: Words) -> str:
    """What the pictures are, with their times as far as these say anything.

    A server fills in times of exactly one second for clients that give none; these say nothing.
    """
    count = len(frames)
    steps = [later - earlier for earlier, later in pairwise(times)]
    mean = sum(steps) / len(steps) if steps else 0.0
    if mean <= 0 or all(step == 1.0 for step in steps):
        return words.pictures.format(count=count)
    if all(abs(step - mean) <= 0.25 * mean for step in steps):
        return words.spaced.format(count=count, step=_seconds(mean))
    if count > MOST_AGES:
        return words.within.format(count=count, span=_seconds(times[-1] - times[0]))
    ages = ", ".join(_seconds(abs(time)) for time in times)
    return words.timed.format(count=count, ages=ages)


def _seconds(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
