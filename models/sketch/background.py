"""What stands still in a window of pictures, and what differs from it. Pure.

Pictures may be a second apart, so that a thing is somewhere else in each of them: flow between
neighbours would find nothing, but each place shows its background in most of the pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import cv2
import numpy as np

from models.sketch.pictures import Image, Mask, as_image

_CAP = 90.0
_ELLIPSE = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))


def prepare(image: Image) -> Image:
    """A BGR image as lightness and twice the two opponent colours, smoothed.

    Opponent colours span half the range of lightness (CIE L*a*b* in 8 bit).
    """
    light, one, two = cv2.split(cv2.cvtColor(cv2.GaussianBlur(image, (5, 5), 0), cv2.COLOR_BGR2LAB))
    scaled = [cv2.convertScaleAbs(channel, alpha=2, beta=-128) for channel in (one, two)]
    return as_image(cv2.merge([light, *scaled]))


def distance(one: Image, other: Image) -> Image:
    """(height, width) uint8: the largest difference of the three channels."""
    return _largest(cv2.absdiff(one, other))


def noise_threshold(frames: Sequence[Image]) -> float:
    """The distance from which on two pixels show different things, not noise."""
    levels = [float(np.median(distance(old, new)[::2, ::2])) for old, new in pairwise(frames)]
    return min(max(24.0, 4 * min(levels) + 10), 70.0)


def estimate(frames: Sequence[Image]) -> Image:
    """The still scene: for each place the picture that agrees best with the others there."""
    costs = [np.zeros(frames[0].shape[:2], np.float32) for _ in frames]
    for one, other in combinations(range(len(frames)), 2):
        apart = np.minimum(distance(frames[one], frames[other]), _CAP)
        costs[one] += apart
        costs[other] += apart
    best = np.argmin([cv2.blur(cost, (5, 5)) for cost in costs[::-1]], axis=0)
    return as_image(np.choose(best[:, :, None], frames[::-1]))


def foreground(frame: Image, still: Image, threshold: float) -> Mask:
    """Where ``frame`` shows something that is not the still scene."""
    differs = (distance(frame, still) > threshold).astype(np.uint8)
    cleaned = cv2.morphologyEx(differs, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return cv2.morphologyEx(cleaned, cv2.MORPH_CLOSE, _ELLIPSE) > 0


def is_ghost(mask: Mask, frame: Image, still: Image) -> bool:
    """Whether the thing at ``mask`` stands in the still scene and is missing in ``frame``.

    A thing has an outline; the place that it left has none.
    """
    area = mask.astype(np.uint8)
    contours, _ = cv2.findContours(area, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = cv2.drawContours(np.zeros_like(area), contours, -1, 1, thickness=5) > 0
    gradients = (
        _largest(cv2.morphologyEx(image, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
        for image in (frame, still)
    )
    there, behind = (float(gradient[outline].mean()) for gradient in gradients)
    return behind > 1.2 * there + 1.5


def _largest(channels: object) -> Image:
    one, two, three = cv2.split(as_image(channels))
    return as_image(cv2.max(cv2.max(one, two), three))
