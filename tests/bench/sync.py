"""Sync errors by what was going on when a line began, and the delay over time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np

from tests.support.measure import HeardLine
from tests.support.records import SeenFrame

LATEST, EARLIEST = -0.060, 0.040
"""EBU R37: sound at most 60 ms after its picture and at most 40 ms before it, as
`HeardLine.sync` has it: positive when the sound is early.
"""

AFTER = 10.0
"""Seconds after another source was first seen."""

SLEWING = 0.01
"""Seconds of delay a second."""

REACH, HALF = 2.0, 0.5
"""Slopes are taken from medians of the age over ± HALF seconds, REACH seconds apart."""

ANOTHER_SHAPE = 0.1
"""Share by which width / height differs: senders may scale a picture, but do not bend it."""

Situation = Literal["first", "change", "slew", "other"]


class Timeline:
    """What one viewer's picture did over time. Times in monotonic seconds, ages in seconds."""

    def __init__(self, frames: Sequence[SeenFrame], unix_offset: float) -> None:
        stamped = [frame for frame in frames if frame.user_timestamp is not None]
        self._received = np.array([frame.received for frame in stamped])
        captures = np.array([frame.user_timestamp or 0 for frame in stamped]) / 1e6
        self._ages = self._received + unix_offset - captures
        self.changes = [
            after.received
            for before, after in pairwise(stamped)
            if abs(_shape(after) / _shape(before) - 1) > ANOTHER_SHAPE
        ]

    def age(self, at: float) -> float:
        """Median age of the pictures around a time; nan where there are none."""
        low, high = np.searchsorted(self._received, (at - HALF, at + HALF))
        return float(np.median(self._ages[low:high])) if high > low else float("nan")

    def slews(self, at: float) -> bool:
        """Whether the age grows or shrinks just before or after a time."""
        ages = np.array([self.age(at + step) for step in (-REACH, 0, REACH)])
        return bool(np.any(np.abs(np.diff(ages)) > SLEWING * REACH))

    def situation(self, at: float) -> Situation:
        """What was going on at a time, "first" apart."""
        if any(0 <= at - change < AFTER for change in self.changes):
            return "change"
        return "slew" if self.slews(at) else "other"


def first_seen(lines: Sequence[HeardLine]) -> HeardLine | None:
    """The first line whose frame was seen too."""
    return next((line for line in lines if line.sync is not None), None)


def by_situation(lines: Sequence[HeardLine], timeline: Timeline) -> dict[Situation, list[float]]:
    """Sync errors (s) of one viewer's lines."""
    found: dict[Situation, list[float]] = {"first": [], "change": [], "slew": [], "other": []}
    first = first_seen(lines)
    for line in lines:
        if line.sync is not None:
            situation = "first" if line is first else timeline.situation(line.start)
            found[situation].append(line.sync)
    return found


def inside(errors: Sequence[float]) -> float:
    """Share of the errors that EBU R37 allows; nan of none."""
    within = sum(LATEST <= error <= EARLIEST for error in errors)
    return within / len(errors) if errors else float("nan")


def _shape(frame: SeenFrame) -> float:
    return frame.width / frame.height
