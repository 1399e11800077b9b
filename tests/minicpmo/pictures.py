"""Encoded pictures."""

from __future__ import annotations

import cv2
import numpy as np

from models.engine import Picture


def encoded(
    width: int = 640, height: int = 360, *, red: int = 200, suffix: str = ".jpg", param: str = ""
) -> Picture:
    """A picture whose left half is red and whose right half is dark blue."""
    image = np.zeros((height, width, 3), np.uint8)
    image[:, : width // 2] = (0, 0, red)
    image[:, width // 2 :] = (90, 0, 0)
    return Picture(cv2.imencode(suffix, image)[1].tobytes(), 0.0, param)


def plain_picture(blue_green_red: tuple[int, int, int]) -> Picture:
    """640x360 of one colour."""
    image = np.full((360, 640, 3), blue_green_red, np.uint8)
    return Picture(cv2.imencode(".jpg", image)[1].tobytes(), 0.0)
