"""Drawn pictures as a camera takes them: what all the noises are made with."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 640, 360

Picture = npt.NDArray[np.uint8]
"""Grey levels, shape (360, 640)."""
Film = Callable[[float], Picture]
"""The picture at a time in seconds. Times are asked for in order."""


def room() -> Picture:
    """A drawn room: wall, floor, door, table, window, a picture on the wall."""
    rng = np.random.default_rng(4)
    image = np.full((HEIGHT, WIDTH), 168, np.uint8)
    image[240:] = 96
    for x in range(0, WIDTH, 40):
        cv2.line(image, (x, 240), (x * 2 - 320, HEIGHT), 84, 2)
    cv2.rectangle(image, (60, 70), (140, 250), 120, -1)
    cv2.rectangle(image, (60, 70), (140, 250), 70, 2)
    cv2.rectangle(image, (420, 50), (560, 150), 225, -1)
    cv2.rectangle(image, (420, 50), (560, 150), 90, 4)
    cv2.line(image, (490, 50), (490, 150), 90, 3)
    cv2.rectangle(image, (230, 60), (330, 130), 60, -1)
    cv2.rectangle(image, (250, 80), (310, 115), 190, -1)
    cv2.rectangle(image, (330, 220), (520, 234), 58, -1)
    for x in (342, 500):
        cv2.rectangle(image, (x, 234), (x + 8, 320), 50, -1)
    grain = cv2.resize(rng.normal(0, 6, (90, 160)).astype(np.float32), (WIDTH, HEIGHT))
    return to_picture(image + grain)


def still(picture: Picture) -> Film:
    return lambda _: picture


def grain(rng: np.random.Generator, level: float) -> npt.NDArray[np.float32]:
    """A sensor's, by its standard deviation: a corner of a large field, elsewhere each time."""
    top, left = rng.integers(0, 400, 2)
    return _FIELD[top : top + HEIGHT, left : left + WIDTH] * np.float32(level)


def to_picture(values: npt.NDArray[np.generic]) -> Picture:
    """Grey levels, clipped."""
    return np.asarray(np.clip(values, 0, 255), np.uint8)


_FIELD = np.random.default_rng(1).normal(0, 1, (HEIGHT + 400, WIDTH + 400)).astype(np.float32)
