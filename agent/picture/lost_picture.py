"""The last picture of a lost source, marked as what it is. Pure: I420 in, I420 out."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from agent.picture.picture import Plane, planes

DIMMED, PALE = 0.36, 0.5
"""What is left of the picture's brightness and of its colour."""

BLACK, GREY, WHITE = 16, 128, 235

SOFT = 96
"""Pixels of the longer side of which the blurred picture is made."""

SIZE, SMALLEST, WIDEST = 0.05, 12.0, 0.86
"""Of the text: part of the picture's size, pixels at least, part of its width at most."""

_SECOND, _QUIET = 0.68, 0.75
"""Size and brightness of the second row, as parts of the first one's."""


def mark(i420: Plane, title: str, detail: str) -> Plane:
    """A dim and blurred copy of the picture with two rows of text in its middle.

    `i420` is uint8 of shape (height * 3 / 2, width), both sizes even, as the result is. The font
    writes Latin letters.
    """
    luma, u, v = planes(i420)
    luma = _soft(luma, DIMMED, BLACK)
    _write(luma, title, detail)
    packed = [plane.ravel() for plane in (luma, _soft(u, PALE, GREY), _soft(v, PALE, GREY))]
    return np.concatenate(packed).reshape(i420.shape)


def _soft(plane: Plane, kept: float, neutral: int) -> Plane:
    """Nearer to `neutral` and without detail: nobody takes it for a picture of now."""
    height, width = plane.shape
    scale = min(SOFT / max(height, width), 1.0)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    small = cv2.GaussianBlur(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), (0, 0), 1.0)
    small = cv2.convertScaleAbs(small, alpha=kept, beta=neutral * (1 - kept))
    return np.asarray(cv2.resize(small, (width, height)), np.uint8)


def _write(luma: Plane, title: str, detail: str) -> None:
    """What there is no room for is left out."""
    height, width = luma.shape
    size = max(SIZE * (width * height) ** 0.5, SMALLEST)
    size = round(size * min(WIDEST * width / _font(round(size)).getlength(title), 1.0))
    if size < SMALLEST / 2 or height < 3 * size:
        return
    image = Image.new("L", (width, 3 * size))
    draw = ImageDraw.Draw(image)
    draw.text((width / 2, 1.2 * size), title, 255, _font(size), anchor="ms")
    second = _font(round(max(size * _SECOND, SMALLEST * 0.8)))
    draw.text((width / 2, 1.8 * size), detail, round(255 * _QUIET), second, anchor="mt")
    part = luma[height // 2 - 3 * size // 2 :][: 3 * size]
    part[:] = part + (WHITE - part) * (np.asarray(image, np.float32) / 255)


@functools.lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
