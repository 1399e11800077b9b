"""Questions at odd moments while it comments."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.bench.commentary import Setup, commentated
from tests.bench.timeline import timeline

AGAIN, STEP = 6.0, 0.37
"""Seconds between two questions, and what is added so that they come at any point of a line."""


@dataclass(frozen=True, slots=True)
class Barged:
    """One question while a line was being said, or not. Seconds from the question.

    silent: until the commentary was, 0 where it was silent; ready: until the engine's first speech;
    heard: until the first sound of the answer; nan where it did not come.
    """

    silent: float
    ready: float
    heard: float


async def barge(folder: Path, film: Path, count: int, setup: Setup) -> list[Barged]:
    """Asks so many questions."""
    async with commentated(folder, film, setup) as (there, probe):
        left = []
        for number in range(count):
            left.append(await probe.ask(f"How many people are there now ({number})?"))
            await asyncio.sleep(AGAIN + number * STEP % 1.5)
    told = timeline(probe.lines, probe.bursts, probe.frames)
    answers = [line.start for line in told if line.kind == "answer"]
    asked = [one for one in there.tap.asked if one.kind == "answer" and one.ready]
    found = []
    for at, until in pairwise([*left, math.inf]):
        first = min((start for start in answers if at <= start < until), default=math.nan)
        before = [
            burst.end for burst in probe.bursts if burst.end > at and burst.start < first - 0.01
        ]
        ready = [one.ready for one in asked if one.ready and at <= one.received < until]
        silent = math.nan if math.isnan(first) else max(before, default=at) - at
        found.append(Barged(silent, min(ready, default=math.nan) - at, first - at))
    return found
