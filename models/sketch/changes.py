"""What happened between neighbouring pictures: to the light, to the camera, a cut. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from models.sketch.pictures import Image

BLACK_LEVEL = 22.0
DARK_LEVEL = 60.0
BRIGHT_LEVEL = 165.0
_OUT = 0.4
_LIGHT_RANGE = 2.2
_ROWS, _COLUMNS = 6, 8
_TEXTURED = 5.0
_CHANGED = 28.0
_CUT_SHARE = 0.55

Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Light:
    """Levels are mean grey values, 0 to 255.

    Attributes:
        level: Of the newest picture.
        change: What happened to the light within the window.
    """

    level: float
    change: Literal["", "out", "on"] = ""

    @property
    def black(self) -> bool:
        """Too dark to see anything."""
        return self.level < BLACK_LEVEL


@dataclass(frozen=True, slots=True)
class Step:
    """From one picture to the next.

    Attributes:
        gain: By which factor the light changed.
        slide: How far the whole picture slid, in widths; zero when it did not.
        cut: Whether hardly anything of the old picture is in the new one.
        changed: Share of pixels that differ, after the gain; none of a picture that slid.
    """

    gain: float
    slide: float
    cut: bool
    changed: float


def level(image: Image) -> float:
    """Mean grey value of a BGR image, Rec. 601 weights."""
    blue, green, red, _ = cv2.mean(image)
    return 0.114 * blue + 0.587 * green + 0.299 * red


def light_gain(old: Image, new: Image) -> float:
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
    now, total = levels[-1], 1.0
    for before, last in zip(levels[-2::-1], gains[::-1], strict=True):
        total *= last
        if total < _OUT and now < DARK_LEVEL:
            return Light(now, "out")
        if total > 1 / _OUT and before < DARK_LEVEL:
            return Light(now, "on")
    return Light(now)


def compare(old: Image, new: Image) -> Step:
    """What happened from ``old`` to ``new``."""
    gain = light_gain(old, new)
    slide = _slide(_grey(old) * np.float32(gain), _grey(new))
    if slide:
        return Step(gain, slide, False, 0.0)
    before = cv2.convertScaleAbs(cv2.blur(old, (5, 5)), alpha=gain)
    difference = cv2.absdiff(before, cv2.blur(new, (5, 5))).max(axis=2)
    changed = float((difference > _CHANGED * min(1.0, max(gain, 0.3))).mean())
    return Step(gain, 0.0, changed > _CUT_SHARE and comparable(gain), changed)


def comparable(gain: float) -> bool:
    """Whether the light of two pictures is enough alike."""
    return 1 / _LIGHT_RANGE < gain < _LIGHT_RANGE


def _grey(image: Image) -> Grey:
    small = cv2.cvtColor(cv2.resize(image, None, fx=0.5, fy=0.5), cv2.COLOR_BGR2GRAY)
    return small.astype(np.float32)


def _slide(old: Grey, new: Grey) -> float:
    """By phase correlation; taken only when it explains the change all over the picture.

    A ball on a plain wall shifts the only texture there is, and is no camera movement: hence the
    count of textured cells that fit better after the shift.
    """
    size = (old.shape[1], old.shape[0])
    window = cv2.createHanningWindow(size, cv2.CV_32F)
    # It windows its arguments in place.
    (right, down), _ = cv2.phaseCorrelate(old.copy(), new.copy(), window)
    length = math.hypot(right, down)
    if not 0.5 <= length < math.inf:
        return 0.0
    moved = cv2.warpAffine(old, np.array([[1, 0, right], [0, 1, down]], np.float32), size)
    textured = np.sqrt(np.maximum(_cells(new * new) - _cells(new) ** 2, 0)) > _TEXTURED
    fits = textured & (_cells(np.abs(new - moved)) < 0.7 * _cells(np.abs(new - old)))
    wide = fits.any(axis=0).sum() >= _COLUMNS / 2 and fits.any(axis=1).sum() >= _ROWS / 2
    return length / size[0] if wide and fits.sum() >= max(10, 0.6 * textured.sum()) else 0.0


def _cells(values: Grey) -> Grey:
    return np.asarray(
        cv2.resize(values, (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA), dtype=np.float32
    )
