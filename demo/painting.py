"""Shapes with smooth edges on a picture. Pixels are whole numbers at their centres."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""(height, width, 3), BGR."""
Colour = tuple[int, int, int]
_Floats = NDArray[np.float32]


def disc(image: Image, x: float, y: float, radius: float, colour: Colour) -> None:
    """Filled, around (x, y)."""
    ellipse(image, x, y, (radius, radius), colour)


def ellipse(image: Image, x: float, y: float, size: tuple[float, float], colour: Colour) -> None:
    """Filled, around (x, y); size: half its width and height."""
    (half_wide, half_high), (top, rows, left, columns) = size, _around(image, x, y, size)
    way = np.hypot((columns - x) / half_wide, ((rows - y) / half_high)[:, None])
    _paint(image, top, left, np.clip((1 - way) * min(size) + 0.5, 0, 1), colour)


def square(image: Image, x: float, y: float, half: float, colour: Colour) -> None:
    """Filled, around (x, y); half: of its side."""
    top, rows, left, columns = _around(image, x, y, (half, half))
    tall, wide = (
        np.clip(half + 0.5 - np.abs(at - centre), 0, 1) for at, centre in ((rows, y), (columns, x))
    )
    _paint(image, top, left, tall[:, None] * wide, colour)


def below(image: Image, edge: _Floats, colour: Colour) -> None:
    """All that lies below a line; edge: its height in each column."""
    rows = np.arange(image.shape[0], dtype=np.float32)[:, None]
    _paint(image, 0, 0, np.clip(rows - edge + 0.5, 0, 1), colour)


def _around(
    image: Image, x: float, y: float, size: tuple[float, float]
) -> tuple[int, _Floats, int, _Floats]:
    """First row, all rows, first column and all columns of the picture that it may touch."""
    found: list[tuple[int, _Floats]] = []
    for centre, half, end in ((y, size[1], image.shape[0]), (x, size[0], image.shape[1])):
        first = min(max(math.floor(centre - half), 0), end)
        last = min(max(math.ceil(centre + half) + 1, first), end)
        found.append((first, np.arange(first, last, dtype=np.float32)))
    return *found[0], *found[1]


def _paint(image: Image, top: int, left: int, cover: _Floats, colour: Colour) -> None:
    """cover: how much of each pixel gets the colour, 0 to 1."""
    part = image[top : top + cover.shape[0], left : left + cover.shape[1]]
    part[:] = np.rint(part + cover[..., None] * (np.array(colour, np.float32) - part))
