"""The two still backdrops of the demo film, drawn once each."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from demo.painting import Colour, Image, below, disc

Backdrop = Literal["meadow", "town"]

WIDTH, HEIGHT = 960, 540


def draw_backdrop(backdrop: Backdrop) -> Image:
    """The backdrop with nothing in front of it: (HEIGHT, WIDTH, 3) uint8, BGR."""
    return _meadow() if backdrop == "meadow" else _town()


def _meadow() -> Image:
    image = _gradient((226, 196, 158), (236, 226, 208))
    disc(image, 806, 92, 44, (196, 232, 246))
    for x, y, size in ((170, 96, 26), (468, 66, 20), (640, 138, 16)):
        _cloud(image, x, y, size)
    _hills(image, base=330, swell=34, wave=1.7, colour=(132, 160, 128))
    _hills(image, base=372, swell=22, wave=2.9, colour=(112, 152, 112))
    _tree(image, 116, 372)
    _tree(image, 884, 360)
    image[404:] = (98, 148, 104)
    image[404:409] = (84, 132, 90)
    return image


def _town() -> Image:
    image = _gradient((140, 110, 120), (168, 178, 206))
    disc(image, 150, 96, 30, (214, 222, 228))
    roofs = np.random.default_rng(7)
    x = -20
    while x < WIDTH:
        width, height = int(roofs.integers(60, 120)), int(roofs.integers(60, 170))
        _house(image, x, 430 - height, width)
        x += width
    image[430:] = (96, 88, 96)
    image[430:437] = (120, 112, 120)
    for x in range(30, WIDTH, 120):
        image[484:493, x : x + 57] = (150, 144, 150)
    return image


def _gradient(top: Colour, bottom: Colour) -> Image:
    shares = np.linspace(0, 1, HEIGHT)[:, None, None]
    rows = np.array(top) * (1 - shares) + np.array(bottom) * shares
    return np.repeat(rows, WIDTH, axis=1).astype(np.uint8)


def _hills(image: Image, *, base: int, swell: int, wave: float, colour: Colour) -> None:
    ridge = base - swell * np.sin(wave * (2 * math.pi * np.arange(WIDTH) / WIDTH + 1))
    below(image, ridge, colour)


def _cloud(image: Image, x: int, y: int, size: int) -> None:
    for dx, scale in ((-1.2, 0.8), (0.0, 1.1), (1.2, 0.7)):
        disc(image, round(x + dx * size), y, round(scale * size), (244, 240, 234))


def _tree(image: Image, x: int, y: int) -> None:
    image[y - 10 : y + 41, x - 6 : x + 7] = (74, 92, 112)
    for dx, dy, radius in ((0, -52, 34), (-22, -26, 28), (22, -26, 28)):
        disc(image, x + dx, y + dy, radius, (88, 124, 92))


def _house(image: Image, x: int, y: int, width: int) -> None:
    shade = 84 + (x * 7) % 24
    wall = (shade + 14, shade, shade + 6)
    image[y:431, max(x, 0) : x + width + 1] = wall
    for row in range(y + 14, 410, 30):
        for column in range(x + 12, x + width - 18, 26):
            lit = (row * 31 + column * 17) % 5 < 2
            light = (150, 190, 210) if lit else (shade - 8, shade - 18, shade - 14)
            image[row : row + 15, max(column, 0) : column + 11] = light
