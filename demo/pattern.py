"""The test pattern: colour bars, the time of day, and a white bar that moves."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.uint8]

_BARS = (  # 75 % colour bars as Y, U, V (BT.601): grey, yellow, cyan, green, magenta, red, blue
    *((180, 128, 128), (162, 44, 142), (131, 156, 44), (112, 72, 58)),
    *((84, 184, 198), (65, 100, 212), (35, 212, 114)),
)
_BLACK, _WHITE = 16, 235

_DIGITS = {
    "0": (14, 17, 19, 21, 25, 17, 14),
    "1": (4, 12, 4, 4, 4, 4, 14),
    "2": (14, 17, 1, 2, 4, 8, 31),
    "3": (31, 2, 4, 2, 1, 17, 14),
    "4": (2, 6, 10, 18, 31, 2, 2),
    "5": (31, 16, 30, 1, 1, 17, 14),
    "6": (6, 8, 16, 30, 17, 17, 14),
    "7": (31, 1, 2, 4, 8, 8, 8),
    "8": (14, 17, 17, 14, 17, 17, 14),
    "9": (14, 17, 17, 15, 1, 2, 12),
    ":": (0, 4, 4, 0, 4, 4, 0),
    ".": (0, 0, 0, 0, 0, 12, 12),
}
"""Five columns by seven rows, a row as a number whose highest of five bits is the left pixel."""

CELL = 6
"""Columns that one sign takes."""

TURN = 4.0
"""Seconds in which the moving part crosses the picture."""


class Pattern:
    """One of this size, which is made even."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = max(width & ~1, 16), max(height & ~1, 16)
        self._still = _bars(self.width, self.height)

    def draw(self, seconds: float) -> Planes:
        """The picture so long after the beginning: I420, (height * 3 / 2, width) uint8."""
        planes = self._still.copy()
        height, width = self.height, self.width
        luma = planes[:height]
        bar = max(width // 40, 2)
        at = int(seconds % TURN / TURN * (width - bar))
        luma[height * 7 // 8 :, at : at + bar] = _WHITE
        now = datetime.now()
        _write(luma, f"{now:%H:%M:%S}.{now.microsecond // 1000:03d}")
        return planes


def _bars(width: int, height: int) -> Planes:
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    luma, chroma = planes[:height], planes[height:].reshape(2, height // 2, width // 2)
    shown = height * 7 // 8
    for number, (y, u, v) in enumerate(_BARS):
        left, right = (width * one // len(_BARS) for one in (number, number + 1))
        luma[:shown, left:right] = y
        chroma[0, : shown // 2, left // 2 : right // 2] = u
        chroma[1, : shown // 2, left // 2 : right // 2] = v
    luma[shown:] = _BLACK
    return planes


def _write(luma: Planes, text: str) -> None:
    """White on black in the middle, as large as fits into two thirds of the width."""
    height, width = luma.shape
    size = max(min(width * 2 // 3 // (len(text) * CELL), height // 12), 1)
    signs = np.zeros((9, len(text) * CELL + 1), bool)
    for number, sign in enumerate(text):
        for row, bits in enumerate(_DIGITS[sign]):
            for column in range(5):
                signs[row + 1, number * CELL + 1 + column] = bits >> (4 - column) & 1
    picture = np.where(signs, _WHITE, _BLACK).astype(np.uint8)
    large = picture.repeat(size, axis=0).repeat(size, axis=1)[:height, :width]
    top, left = (height - large.shape[0]) // 2, (width - large.shape[1]) // 2
    luma[top : top + large.shape[0], left : left + large.shape[1]] = large
