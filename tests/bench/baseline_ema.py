"""Baseline: the moving-average delay of the project's forerunner, simulated on the same trace.

There the picture is shown at now - delay, where delay starts at 5 s and takes a fifth of what a
cycle took, from its newest frame to the end of its generation, whenever a cycle ends; cycles follow
one another, each after the speech of the last one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

FIRST_DELAY = 5.0
ALPHA = 0.2


@dataclass(frozen=True, slots=True)
class Cycle:
    """ready: time to the first sound, speech: its length, speed: sound made per second (s)."""

    ready: float
    speech: float
    speed: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """sync: shown - heard for each line; silences: between lines; delays: after each cycle (s)."""

    sync: list[float]
    silences: list[float]
    delays: list[float]


def simulate(cycles: Iterable[Cycle], *, pause: float = 0.0) -> Outcome:
    """Plays the cycles; pause is the breathing pause between lines in seconds."""
    sync, silences, delays = [], [], []
    changes = [(-math.inf, FIRST_DELAY)]
    requests = []
    now, last_end = 0.0, None
    for cycle in cycles:
        heard = now + cycle.ready
        generated = heard + cycle.speech / cycle.speed
        ended = heard + max(cycle.speech, cycle.speech / cycle.speed)
        requests.append((now, heard))
        if last_end is not None:
            silences.append(heard - last_end)
        took = generated - now
        changes.append((generated, (1 - ALPHA) * changes[-1][1] + ALPHA * took))
        delays.append(changes[-1][1])
        now, last_end = ended + pause, ended
    for anchor, heard in requests:
        sync.append(_shown(anchor, changes) - heard)
    return Outcome(sync, silences, delays)


def _shown(anchor: float, changes: list[tuple[float, float]]) -> float:
    """The first time t at which t - delay(t) has reached the anchor."""
    for i, (since, delay) in enumerate(changes):
        until = changes[i + 1][0] if i + 1 < len(changes) else math.inf
        shown = max(anchor + delay, since)
        if shown < until:
            return shown
    return math.inf
