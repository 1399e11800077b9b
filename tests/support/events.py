"""What really happens in a drawn or real scene, laid over any film of noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from tests.support.films import HEIGHT, WIDTH, Film, Picture, to_picture

Draw = Callable[[Picture, float], Picture]
"""Draws on a picture what it has become so many seconds after the begin."""


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
