"""What the camera itself does to a still picture."""

from __future__ import annotations

from math import pi, sin

import cv2
import numpy as np

from tests.support.films import HEIGHT, WIDTH, Film, Picture, grain, to_picture


def sensor_noise(film: Film, rng: np.random.Generator) -> Film:
    """A good camera's by day."""
    return lambda t: to_picture(film(t) + grain(rng, 4.0))


def low_light(film: Film, rng: np.random.Generator) -> Film:
    """A dark picture, with grain that the camera's own smoothing has made coarse."""

    def at(t: float) -> Picture:
        coarse = rng.normal(0, 9, (HEIGHT // 4, WIDTH // 4)).astype(np.float32)
        lumps = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        return to_picture(film(t) * 0.3 + 6 + lumps + grain(rng, 14.0))

    return at


def flicker(film: Film, rng: np.random.Generator) -> Film:
    """Lamps on mains current: the whole picture beats."""
    rate = rng.uniform(1.5, 4.5)
    return lambda t: to_picture(film(t) * (1 + 0.12 * sin(2 * pi * rate * t)))


def rolling_bands(film: Film, rng: np.random.Generator) -> Film:
    """The same through a rolling shutter: stripes that wander."""
    y = np.arange(HEIGHT, dtype=np.float32)[:, None] / HEIGHT
    rate = rng.uniform(0.2, 0.9)
    return lambda t: to_picture(film(t) * (1 + 0.12 * np.sin(2 * pi * (2 * y + rate * t))))


def exposure_hunting(film: Film, rng: np.random.Generator) -> Film:
    """The camera's automatic exposure swings and steps."""
    steps = np.cumsum(rng.uniform(3, 8, 60))
    gains = rng.uniform(0.75, 1.3, 61)

    def at(t: float) -> Picture:
        i = int(np.searchsorted(steps, t))
        since = t - (steps[i - 1] if i else -9.0)
        mix = min(1.0, since / 0.6)
        gain = gains[i] * mix + gains[max(0, i - 1)] * (1 - mix)
        return to_picture(255 * (film(t) / 255.0 * gain * (1 + 0.05 * sin(1.3 * t))) ** 0.95)

    return at


def white_balance(film: Film, rng: np.random.Generator) -> Film:
    """It drifts; in grey that is a gain that depends on the colours of a place."""
    tint = cv2.resize(rng.uniform(-1, 1, (3, 5)).astype(np.float32), (WIDTH, HEIGHT))
    return lambda t: to_picture(film(t) * (1 + 0.08 * sin(0.5 * t) * (1 + 0.5 * tint)))


def shake(film: Film, rng: np.random.Generator) -> Film:
    """A camera on a mast in the wind: a few pixels, and a third of a degree."""
    return _shaken(film, rng, 5.0, 0.3)


def small_shake(film: Film, rng: np.random.Generator) -> Film:
    """Someone walks on the same floor."""
    return _shaken(film, rng, 1.5, 0.1)


def infrared(film: Film, rng: np.random.Generator) -> Film:
    """The camera switches to infrared and back every ten seconds or so."""
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j].astype(np.float32)
    vignette = 1.1 - 0.45 * (x * x + y * y)
    shine = cv2.resize(rng.uniform(0.75, 1.3, (6, 10)).astype(np.float32), (WIDTH, HEIGHT))
    switches = np.cumsum(rng.uniform(8, 14, 20))

    def at(t: float) -> Picture:
        image = film(t)
        if np.searchsorted(switches, t) % 2 == 0:
            return image
        other = 255 * (image / 255.0) ** 0.7 * vignette * shine
        return to_picture(other + grain(rng, 3.0))

    return at


def _shaken(film: Film, rng: np.random.Generator, pixels: float, degrees: float) -> Film:
    rates = rng.uniform(0.5, 3.0, 3)

    def at(t: float) -> Picture:
        jitter = rng.normal(0, 0.25, 3)
        right, down, turn = (
            sin(2 * pi * r * t) * 0.75 + j for r, j in zip(rates, jitter, strict=True)
        )
        matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees * turn, 1.0)
        matrix[:, 2] += (pixels * right, 0.7 * pixels * down)
        moved = cv2.warpAffine(film(t), matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
        return np.asarray(moved, np.uint8)

    return at
