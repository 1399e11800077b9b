"""Things before the camera that change without anything happening."""

from __future__ import annotations

from math import pi, sin

import cv2
import numpy as np

from tests.support.films import HEIGHT, WIDTH, Film, Picture, to_picture


def neon(film: Film, rng: np.random.Generator) -> Film:
    """A tube that fails and starts anew every few seconds."""
    starts = np.cumsum(rng.uniform(1.0, 4.0, 200))

    def at(t: float) -> Picture:
        off = np.any((t >= starts) & (t < starts + 0.15))
        return to_picture(film(t) * (0.6 if off else 1.0))

    return at


def rain(film: Film, rng: np.random.Generator) -> Film:
    """Streaks, somewhere else in each picture."""

    def at(t: float) -> Picture:
        image = film(t).astype(np.float32)
        streaks = np.zeros((HEIGHT, WIDTH), np.uint8)
        for x, y, long in zip(
            rng.integers(0, WIDTH, 150),
            rng.integers(-40, HEIGHT, 150),
            rng.integers(15, 45, 150),
            strict=True,
        ):
            cv2.line(streaks, (int(x), int(y)), (int(x) + 4, int(y + long)), 70, 1, cv2.LINE_AA)
        return to_picture(image + streaks)

    return at


def snow(film: Film, rng: np.random.Generator) -> Film:
    """Flakes that fall on, some of them near and large."""
    count = 120
    x, y = rng.uniform(0, WIDTH, count), rng.uniform(0, HEIGHT, count)
    near = rng.uniform(0, 1, count) ** 4
    speed = 60 + 200 * near

    def at(t: float) -> Picture:
        image = film(t).copy()
        for i in range(count):
            place = int(x[i] + 8 * sin(2 * t + i)) % WIDTH, int(y[i] + speed[i] * t) % HEIGHT
            cv2.circle(image, place, int(1 + 5 * near[i]), 245, -1, cv2.LINE_AA)
        return image

    return at


def clock(film: Film, rng: np.random.Generator) -> Film:
    """Digits in a corner that change each second."""

    def at(t: float) -> Picture:
        seconds = int(t) + 10 * 3600 - 5
        text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        return _text(film(t), f"2026-11-26 {text}", (390, 30), 0.7)

    return at


def overlay_text(film: Film, rng: np.random.Generator) -> Film:
    """A line of other words every few seconds."""
    words = ["Temperature 21.5", "Humidity 40 %", "CAM 1 ENTRANCE", "REC", "Live"]
    changes = np.cumsum(rng.uniform(2, 7, 60))

    def at(t: float) -> Picture:
        return _text(film(t), words[int(np.searchsorted(changes, t)) % 5], (20, 340), 0.8)

    return at


def cursor(film: Film, rng: np.random.Generator) -> Film:
    """A pointer that blinks and wanders a little."""
    points = np.array([[0, 0], [0, 24], [6, 18], [16, 18]])

    def at(t: float) -> Picture:
        image = film(t).copy()
        if t % 1.0 < 0.6:
            place = np.array([590 + 8 * sin(0.7 * t), 300 + 6 * sin(1.1 * t)])
            cv2.fillPoly(image, [np.asarray(points + place, np.int32)], 255)
        return image

    return at


def fan(film: Film, rng: np.random.Generator) -> Film:
    """Three blades that turn."""
    speed = rng.uniform(300, 900)

    def at(t: float) -> Picture:
        image = film(t).copy()
        for blade in range(3):
            angle = speed * t + 120 * blade
            cv2.ellipse(image, (200, 150), (45, 14), angle, 0, 180, 50, -1, cv2.LINE_AA)
        cv2.circle(image, (200, 150), 50, 70, 2)
        return image

    return at


def blinking_light(film: Film, rng: np.random.Generator) -> Film:
    """A lamp of an alarm, with its glow."""
    period = rng.uniform(0.6, 1.6)

    def at(t: float) -> Picture:
        image = film(t).copy()
        if t % period < period / 2:
            cv2.circle(image, (380, 190), 9, 250, -1)
        return image

    return at


def television(film: Film, rng: np.random.Generator) -> Film:
    """A set at the wall; its picture changes at least every second."""
    changes = np.cumsum(rng.uniform(0.1, 1.0, 400))

    def at(t: float) -> Picture:
        image = film(t).copy()
        shot = np.random.default_rng(int(np.searchsorted(changes, t)))
        shown = shot.uniform(20, 230, (5, 8)).astype(np.float32)
        image[60:130, 230:330] = np.clip(cv2.resize(shown, (100, 70)), 0, 255)
        return image

    return at


def leaves(film: Film, rng: np.random.Generator) -> Film:
    """A tree that sways before a good part of the picture."""
    x, y = rng.uniform(430, 640, 170), rng.uniform(0, 230, 170)
    tone, phase = rng.uniform(30, 150, 170), rng.uniform(0, 1.5, 170)

    def at(t: float) -> Picture:
        image = film(t).copy()
        gust = 4 + 3 * sin(0.4 * t)
        for i in range(170):
            away = gust * sin(2 * pi * 0.8 * t + phase[i])
            place = int(x[i] + away), int(y[i] + 0.4 * away)
            cv2.ellipse(image, place, (12, 6), 40 * phase[i], 0, 360, tone[i], -1, cv2.LINE_AA)
        return image

    return at


def water(film: Film, rng: np.random.Generator) -> Film:
    """Waves that run over the lower third."""
    y, x = np.mgrid[0:120, 0:WIDTH].astype(np.float32)
    waves = [(rng.uniform(0.03, 0.1), rng.uniform(0.06, 0.2), rng.uniform(2, 5)) for _ in range(4)]

    def at(t: float) -> Picture:
        image = film(t).astype(np.float32)
        height = sum(np.sin(a * x + b * y + c * t) for a, b, c in waves)
        image[240:] = 110 + 14 * height
        return to_picture(image)

    return at


def sunrise(film: Film, rng: np.random.Generator) -> Film:
    """Slowly brighter, from one side."""
    x = np.linspace(0, 1, WIDTH, dtype=np.float32)[None, :]
    return lambda t: to_picture(film(t) * (0.35 + 0.012 * t * (0.6 + 0.8 * x)))


def clouds(film: Film, rng: np.random.Generator) -> Film:
    """Their shadows wander over the scene."""
    field = rng.uniform(0, 1, (6, 40)).astype(np.float32)
    wide = cv2.GaussianBlur(cv2.resize(field, (WIDTH * 4, HEIGHT)), (0, 0), 30)
    wide = (wide - wide.min()) / (wide.max() - wide.min())

    def at(t: float) -> Picture:
        left = int(18 * t) % (3 * WIDTH)
        return to_picture(film(t) * (1.1 - 0.45 * wide[:, left : left + WIDTH]))

    return at


def _text(image: Picture, words: str, place: tuple[int, int], scale: float) -> Picture:
    image = image.copy()
    cv2.putText(image, words, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 10, 5, cv2.LINE_AA)
    cv2.putText(image, words, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 250, 2, cv2.LINE_AA)
    return image
