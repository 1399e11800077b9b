"""The two still backdrops of the demo film, drawn once each."""

from __future__ import annotations

import math
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Backdrop = Literal["meadow", "town"]
_Colour = tuple[int, int, int]

WIDTH, HEIGHT = 960, 540


def draw_backdrop(backdrop: Backdrop) -> Image:
    """The backdrop with nothing in front of it: (HEIGHT, WIDTH, 3) uint8, BGR."""
    return _meadow() if backdrop == "meadow" else _town()


def _meadow() -> Image:
    image = _gradient((226, 196, 158), (236, 226, 208))
    cv2.circle(image, (806, 92), 44, (196, 232, 246), cv2.FILLED, cv2.LINE_AA)
    for x, y, size in ((170, 96, 26), (468, 66, 20), (640, 138, 16)):
        _cloud(image, x, y, size)
    _hills(image, base=330, swell=34, wave=1.7, colour=(132, 160, 128))
    _hills(image, base=372, swell=22, wave=2.9, colour=(112, 152, 112))
    _tree(image, 116, 372)
    _tree(image, 884, 360)
    cv2.rectangle(image, (0, 404), (WIDTH, HEIGHT), (98, 148, 104), cv2.FILLED)
    cv2.rectangle(image, (0, 404), (WIDTH, 408), (84, 132, 90), cv2.FILLED)
    return image


def _town() -> Image:
    image = _gradient((140, 110, 120), (168, 178, 206))
    cv2.circle(image, (150, 96), 30, (214, 222, 228), cv2.FILLED, cv2.LINE_AA)
    roofs = np.random.default_rng(7)
    x = -20
    while x < WIDTH:
        width, height = int(roofs.integers(60, 120)), int(roofs.integers(60, 170))
        _house(image, x, 430 - height, width)
        x += width
    cv2.rectangle(image, (0, 430), (WIDTH, HEIGHT), (96, 88, 96), cv2.FILLED)
    cv2.rectangle(image, (0, 430), (WIDTH, 436), (120, 112, 120), cv2.FILLED)
    for x in range(30, WIDTH, 120):
        cv2.rectangle(image, (x, 484), (x + 56, 492), (150, 144, 150), cv2.FILLED)
    return image


def _gradient(top: _Colour, bottom: _Colour) -> Image:
    shares = np.linspace(0, 1, HEIGHT)[:, None, None]
    rows = np.array(top) * (1 - shares) + np.array(bottom) * shares
    return np.repeat(rows, WIDTH, axis=1).astype(np.uint8)


def _hills(image: Image, *, base: int, swell: int, wave: float, colour: _Colour) -> None:
    ridge = [
        (x, round(base - swell * math.sin(wave * 2 * math.pi * x / WIDTH + wave)))
        for x in range(0, WIDTH + 1, 6)
    ]
    outline = np.array([*ridge, (WIDTH, HEIGHT), (0, HEIGHT)], dtype=np.int32)
    cv2.fillPoly(image, [outline], colour, cv2.LINE_AA)


def _cloud(image: Image, x: int, y: int, size: int) -> None:
    for dx, scale in ((-1.2, 0.8), (0.0, 1.1), (1.2, 0.7)):
        centre, radius = (round(x + dx * size), y), round(scale * size)
        cv2.circle(image, centre, radius, (244, 240, 234), cv2.FILLED, cv2.LINE_AA)


def _tree(image: Image, x: int, y: int) -> None:
    cv2.rectangle(image, (x - 6, y - 10), (x + 6, y + 40), (74, 92, 112), cv2.FILLED)
    for dx, dy, radius in ((0, -52, 34), (-22, -26, 28), (22, -26, 28)):
        cv2.circle(image, (x + dx, y + dy), radius, (88, 124, 92), cv2.FILLED, cv2.LINE_AA)


def _house(image: Image, x: int, y: int, width: int) -> None:
    shade = 84 + (x * 7) % 24
    wall = (shade + 14, shade, shade + 6)
    cv2.rectangle(image, (x, y), (x + width, 430), wall, cv2.FILLED)
    for row in range(y + 14, 410, 30):
        for column in range(x + 12, x + width - 18, 26):
            lit = (row * 31 + column * 17) % 5 < 2
            light = (150, 190, 210) if lit else (shade - 8, shade - 18, shade - 14)
            cv2.rectangle(image, (column, row), (column + 10, row + 14), light, cv2.FILLED)
