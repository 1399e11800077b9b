"""The demo film as a source."""

from __future__ import annotations

import cv2
import numpy as np

from ingress import demo_scene
from ingress.demo_backdrops import HEIGHT, WIDTH
from tests.support.browser_camera.media import Picture


class DemoFilm:
    """A `Reader` that draws frame after frame of the demo scene."""

    has_sound = False

    def __init__(self) -> None:
        self._next = 0

    def read(self) -> Picture:
        """The next frame of the film."""
        time = self._next / demo_scene.FPS
        self._next += 1
        planes = cv2.cvtColor(demo_scene.frame(time), cv2.COLOR_BGR2YUV_I420)
        return Picture(time, WIDTH, HEIGHT, np.asarray(planes, np.uint8))

    def close(self) -> None:
        """Nothing is held."""
