"""Whether the camera moved or the scene was cut, between two neighbouring pictures. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.sketch.pictures import Image

_ROWS, _COLUMNS = 6, 8
_TEXTURED = 5.0
_CHANGED = 28.0
_CUT_SHARE = 0.55

Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Step:
    """From one picture to the next.

    Attributes:
        shift: How far the whole picture slid, in pixels (right, down); zero when it did not.
        cut: Whether hardly anything of the old picture is in the new one.
        changed: Share of pixels that differ, after the shift and the gain.
    """

    shift: tuple[float, float]
    cut: bool
    changed: float


def compare(old: Image, new: Image, gain: float) -> Step:
    """What happened from ``old`` to ``new``, whose light is ``gain`` times as strong."""
    grey_old, grey_new = _grey(old) * np.float32(gain), _grey(new)
    shift = _shift(grey_old, grey_new)
    moved = old if shift == (0.0, 0.0) else slid(old, shift)
    difference = cv2.absdiff(_gained(moved, gain), cv2.blur(new, (5, 5))).max(axis=2)
    inner = _overlap(difference.shape, shift)
    changed = float((difference[inner] > _CHANGED * min(1.0, max(gain, 0.3))).mean())
    return Step(shift, changed > _CUT_SHARE, changed)


def slid(image: Image, shift: tuple[float, float]) -> Image:
    """The image moved by ``shift`` pixels, its border repeated."""
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], dtype=np.float32)
    size = (image.shape[1], image.shape[0])
    return np.asarray(
        cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8
    )


def _gained(image: Image, gain: float) -> Image:
    blurred = cv2.blur(image, (5, 5))
    return np.asarray(cv2.convertScaleAbs(blurred, alpha=gain), dtype=np.uint8)


def _grey(image: Image) -> Grey:
    small = cv2.cvtColor(cv2.resize(image, None, fx=0.5, fy=0.5), cv2.COLOR_BGR2GRAY)
    return small.astype(np.float32)


def _shift(old: Grey, new: Grey) -> tuple[float, float]:
    """By phase correlation; taken only when it explains the change all over the picture.

    A ball on a plain wall shifts the only texture there is, and is no camera movement: hence the
    count of textured cells that fit better after the shift.
    """
    window = cv2.createHanningWindow((old.shape[1], old.shape[0]), cv2.CV_32F)
    # It windows its arguments in place.
    (right, down), _ = cv2.phaseCorrelate(old.copy(), new.copy(), window)
    if np.hypot(right, down) < 0.5 or not np.isfinite([right, down]).all():
        return (0.0, 0.0)
    matrix = np.array([[1, 0, right], [0, 1, down]], dtype=np.float32)
    moved = cv2.warpAffine(old, matrix, (old.shape[1], old.shape[0]))
    inner = _overlap(old.shape, (right, down))
    plain = _cells(np.abs(new - old)[inner])
    better = _cells(np.abs(new - moved)[inner])
    textured = _spread(new[inner]) > _TEXTURED
    fits = textured & (better < 0.7 * plain)
    wide = fits.any(axis=0).sum() >= _COLUMNS / 2 and fits.any(axis=1).sum() >= _ROWS / 2
    if not wide or fits.sum() < 10 or fits.sum() < 0.6 * textured.sum():
        return (0.0, 0.0)
    return (2 * right, 2 * down)


def _overlap(shape: tuple[int, ...], shift: tuple[float, float]) -> tuple[slice, slice]:
    """Where both pictures show the same part of the scene."""
    right, down = (int(np.trunc(value + np.copysign(0.999, value))) for value in shift)
    rows, columns = shape[:2]
    return (
        slice(min(max(down, 0), rows - 16), max(rows + min(down, 0), 16)),
        slice(min(max(right, 0), columns - 16), max(columns + min(right, 0), 16)),
    )


def _cells(values: Grey) -> Grey:
    return np.asarray(
        cv2.resize(values, (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA), dtype=np.float32
    )


def _spread(values: Grey) -> Grey:
    """Standard deviation within each cell."""
    mean = _cells(values)
    return np.sqrt(np.maximum(_cells(values * values) - mean * mean, 0)).astype(np.float32)
