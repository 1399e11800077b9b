"""Questions at odd moments while it comments."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.bench.report import Row, spread
from tests.bench.rig import EngineOptions, rig
from tests.support.measure import heard_lines

JOIN_TIMEOUT = 60.0
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


async def barge(folder: Path, footage: str, count: int, engine: EngineOptions) -> list[Barged]:
    """Asks so many questions."""
    async with rig(folder, footage, engine) as running, running.viewer() as probe:
        await running.dispatch()
        await probe.until(lambda: len(probe.bursts) > 2, timeout=JOIN_TIMEOUT, what="lines")
        left = []
        for number in range(count):
            left.append(await probe.ask(f"How many people are there now ({number})?"))
            await asyncio.sleep(AGAIN + number * STEP % 1.5)
        log = await running.engine_log()
    heard = heard_lines(probe.lines, probe.bursts, probe.frames)
    answers = [line.start for line in heard if line.kind == "answer"]
    sent = [one["first_sent"] or math.nan for one in log if one["kind"] == "answer"]
    found = []
    for at, until in pairwise([*left, math.inf]):
        first = min((start for start in answers if at <= start < until), default=math.nan)
        before = [one.end for one in probe.bursts if one.end > at and one.start < first - 0.01]
        ready = min((one for one in sent if at <= one < until), default=math.nan)
        silent = math.nan if math.isnan(first) else max(before, default=at) - at
        found.append(Barged(silent, ready - at, first - at))
    return found


def barge_rows(run: Sequence[Barged]) -> list[Row]:
    """What a question does."""
    silent = [one.silent for one in run if one.silent > 0]
    first = [one.heard - one.ready for one in run if not math.isnan(one.heard - one.ready)]
    interrupted = f"({len(silent)} of {len(run)} interrupted a line)"
    answered = f"({len(first)} of {len(run)} answered)"
    sound = "question → first sound, beyond ready time"
    return [
        Row("question → commentary silent", "≤ 200 ms", f"{spread(silent)} {interrupted}", ""),
        Row(sound, "300 ms", f"{spread(first)} {answered}", ""),
    ]
