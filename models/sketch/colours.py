"""Colour names. Pure."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

NAMES = (
    *("black", "grey", "white", "red", "orange", "brown"),
    *("yellow", "green", "turquoise", "blue", "purple", "pink"),
)
_INDEX = {name: at for at, name in enumerate(NAMES)}
_BITS = 5
"""Bits of each channel in the table of names."""

# Upper ends of the hues in degrees, from red on; red begins again at 345.
_HUES = (
    *((15, "red"), (44, "orange"), (70, "yellow"), (165, "green"), (192, "turquoise")),
    *((257, "blue"), (310, "purple"), (345, "pink"), (361, "red")),
)


def shares(pixels: NDArray[np.uint8]) -> dict[str, float]:
    """How much of ``pixels``, (n, 3) uint8 BGR, has which colour; the largest share first."""
    if not len(pixels):
        return {}
    counts = np.bincount(_named(pixels), minlength=len(NAMES)) / len(pixels)
    order = np.argsort(-counts, kind="stable")
    return {NAMES[at]: float(counts[at]) for at in order if counts[at] > 0}


def main_colour(pixels: NDArray[np.uint8]) -> str:
    """One name, or empty when no colour stands out.

    A colour counts more than black, grey and white: the windows and wheels of a red car are as
    large as its paint. What is white and black or grey is white.
    """
    ranked = [*shares(pixels).items(), ("", 0.0), ("", 0.0)]
    coloured = [pair for pair in ranked if pair[0] not in NAMES[:3]]
    if coloured[0][1] >= max(0.35, 2 * coloured[1][1]):
        return coloured[0][0]
    (name, share), (other, second) = ranked[:2]
    if share >= 0.5 and second < 0.35:
        return name
    bright = {name, other} - {"black", "grey"}
    mixed = share + second >= 0.7 and second >= 0.25
    return bright.pop() if mixed and len(bright) == 1 else ""


def _named(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    small = (pixels >> (8 - _BITS)).astype(np.uint16)
    at = (small[:, 0] << 2 * _BITS) | (small[:, 1] << _BITS) | small[:, 2]
    return np.asarray(_table()[at], dtype=np.uint8)


@cache
def _table() -> NDArray[np.uint8]:
    """Name of each BGR colour cut to ``_BITS`` bits a channel."""
    steps = np.arange(1 << _BITS, dtype=np.float32) / ((1 << _BITS) - 1)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    bgr = np.stack([blue, green, red], axis=-1).reshape(-1, 1, 3)
    lab = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2LAB), np.float32).reshape(-1, 3)
    hsv = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2HSV), np.float32).reshape(-1, 3)
    light, chroma = lab[:, 0], np.hypot(lab[:, 1], lab[:, 2])
    hue, value = hsv[:, 0], hsv[:, 2]
    names = np.full(len(lab), _INDEX["red"], dtype=np.uint8)
    for upper, name in reversed(_HUES):
        names[hue <= upper] = _INDEX[name]
    warm = (hue >= 10) & (hue <= 48)  # brown is dark or dull orange, pink is light red and purple
    names[warm & ((value < 0.66) | ((chroma < 38) & (light < 74)))] = _INDEX["brown"]
    pale = (chroma > 12) & ((light > 73) | ((light > 60) & (chroma < 30)))
    names[((hue <= 15) | (hue >= 335)) & pale] = _INDEX["pink"]
    names[(hue > 310) & (hue < 345) & (light < 45)] = _INDEX["purple"]
    grey = chroma < np.where(light > 75, 12, 16)
    names[grey] = _INDEX["grey"]
    names[grey & (light > 82)] = _INDEX["white"]
    names[(light < 8) | ((light < 17) & (chroma < 30)) | (grey & (light < 26))] = _INDEX["black"]
    return names
