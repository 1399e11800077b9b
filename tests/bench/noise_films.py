"""The noise sets of `tests/support/noise.py` over a real still, as film files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from tests.support import cutouts, noise
from tests.support.cutouts import Image
from tests.support.scripted_films import FPS, cached

SECONDS = 45.0
SIZE = (640, 360)
"""Width and height that the noises are made for."""


def noise_films() -> dict[str, Path]:
    """All of them by name, made where they are not there."""
    folder = Path(noise.__file__).parent
    sources = b"".join(path.read_bytes() for path in sorted(folder.glob("noise*.py")))
    return {
        name: cached(name, hashlib.sha256(sources).hexdigest()[:12], _pictures(make))
        for name, make in noise.noises().items()
    }


def _pictures(make: noise.Noise) -> Iterator[Image]:
    grey = cv2.cvtColor(cutouts.room(), cv2.COLOR_BGR2GRAY)
    scene = np.asarray(cv2.resize(grey, SIZE), np.uint8)
    film = make(lambda _: scene, np.random.default_rng(1))
    for number in range(round(SECONDS * FPS)):
        yield np.repeat(film(number / FPS)[:, :, None], 3, axis=2)
