"""How bright it is, and how the light changed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from models.sketch.pictures import Image

Change = Literal["", "out", "on", "darker", "brighter"]

BLACK_LEVEL = 22.0
DARK_LEVEL = 60.0
BRIGHT_LEVEL = 165.0
_OUT = 0.4
_STEP = 0.72


@dataclass(frozen=True, slots=True)
class Light:
    """Levels are mean grey values, 0 to 255.

    Attributes:
        level: Of the newest picture.
        change: What happened to the light within the window.
    """

    level: float
    change: Change = ""

    @property
    def black(self) -> bool:
        """Too dark to see anything."""
        return self.level < BLACK_LEVEL


def level(image: Image) -> float:
    """Mean grey value of a BGR image, Rec. 601 weights."""
    blue, green, red, _ = cv2.mean(image)
    return 0.114 * blue + 0.587 * green + 0.299 * red


def gain(old: Image, new: Image) -> float:
    """By which factor the light changed: the median over pixels, so that what moves counts little.

    Black pixels tell nothing; where all are black the levels are compared.
    """
    before = old[1::3, 1::3].max(axis=2).astype(np.float32)
    after = new[1::3, 1::3].max(axis=2).astype(np.float32)
    seen = before > 24
    if seen.mean() < 0.1:
        return (level(new) + 1) / (level(old) + 1)
    return float(np.median(after[seen] / before[seen]))


def judge(levels: Sequence[float], gains: Sequence[float]) -> Light:
    """What the light did; ``gains[i]`` is from picture i to i + 1.

    The newest change counts that was not taken back since.
    """
    now = levels[-1]
    total = 1.0
    for before, gain_here in zip(levels[-2::-1], gains[::-1], strict=True):
        total *= gain_here
        change = _named(total, before, now)
        if change:
            return Light(now, change)
    return Light(now)


def _named(total: float, before: float, now: float) -> Change:
    if total < _OUT and now < DARK_LEVEL:
        return "out"
    if total > 1 / _OUT and before < DARK_LEVEL:
        return "on"
    if total < _STEP:
        return "darker"
    return "brighter" if total > 1 / _STEP else ""
