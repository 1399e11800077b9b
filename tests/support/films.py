"""Drawn pictures as a camera takes them, which noises change, and what happens in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 640, 360

Picture = npt.NDArray[np.uint8]
"""Grey levels, shape (360, 640)."""
Film = Callable[[float], Picture]
"""The picture at a time in seconds. Times are asked for in order."""
Draw = Callable[[Picture, float], Picture]
"""Draws on a picture what it has become so many seconds after the begin."""


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


@dataclass(frozen=True)
class Event:
    """``film`` lays it over another film; it begins at ``begin`` seconds of it.

    Attributes:
        shows: Which field of a motion tells it.
        lasts: Seconds for which it may be told.
    """

    name: str
    begin: float
    shows: str
    lasts: float
    film: Callable[[Film], Film]


def events(begin: float) -> list[Event]:
    """One of each kind, each by itself."""

    def event(name: str, shows: str, lasts: float, draw: Draw) -> Event:
        def laid(film: Film) -> Film:
            return lambda t: film(t) if t < begin else draw(film(t).copy(), t - begin)

        return Event(name, begin, shows, lasts, laid)

    other = _other()
    return [
        event("person comes", "movers", 8.0, _person),
        event("ball crosses", "movers", 5.0, _ball),
        event("far thing crosses", "movers", 8.0, _far),
        event("box is put down", "movers", 6.0, _box),
        event("light goes out", "dimmed", 3.0, lambda image, _: to_picture(image * 0.15 + 3)),
        event("cut", "cut", 3.0, lambda *_: other),
    ]


def _person(image: Picture, t: float) -> Picture:
    """Comes in from the left at walking pace, and stops in the middle."""
    x = min(330, round(-30 + 150 * t))
    step = round(14 * np.sin(7 * t)) if x < 330 else 0
    cv2.rectangle(image, (x - 26, 150), (x + 26, 250), 40, -1)
    cv2.circle(image, (x, 125), 22, 200, -1, cv2.LINE_AA)
    for side in (-1, 1):
        foot = (x + side * (9 + step), 345)
        cv2.line(image, (x + side * 9, 248), foot, 30, 16, cv2.LINE_AA)
    return image


def _ball(image: Picture, t: float) -> Picture:
    """A ball of 3 % of the width flies across in two seconds."""
    place = round(WIDTH + 30 - 350 * t), round(250 - 200 * t + 90 * t * t)
    cv2.circle(image, place, 26, 235, -1, cv2.LINE_AA)
    cv2.ellipse(image, place, (26, 26), 200 * t, 0, 180, 30, -1, cv2.LINE_AA)
    return image


def _far(image: Picture, t: float) -> Picture:
    """One hundredth of the picture, a car far away, crosses in six seconds."""
    x = round(-40 + 110 * t)
    cv2.rectangle(image, (x, 262), (x + 66, 290), 25, -1)
    cv2.rectangle(image, (x + 14, 250), (x + 50, 264), 215, -1)
    return image


def _box(image: Picture, t: float) -> Picture:
    """Let down on a string within half a second; it stays."""
    bottom = round(min(220.0, 120 + 200 * t))
    cv2.rectangle(image, (395, bottom - 60), (450, bottom), 30, -1)
    cv2.rectangle(image, (403, bottom - 40), (442, bottom - 25), 230, -1)
    return image


def _other() -> Picture:
    rng = np.random.default_rng(11)
    other = np.full((HEIGHT, WIDTH), 120, np.uint8)
    for _ in range(60):
        x, y = int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT))
        wide, high = int(rng.integers(30, 200)), int(rng.integers(20, 120))
        cv2.rectangle(other, (x, y), (x + wide, y + high), int(rng.integers(20, 240)), -1)
    return other


_FIELD = np.random.default_rng(1).normal(0, 1, (HEIGHT + 400, WIDTH + 400)).astype(np.float32)
