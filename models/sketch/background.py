"""What stands still in a window of pictures, and what differs from it. Pure.

Pictures may be a second apart, so that a thing is somewhere else in each of them: flow between
neighbours would find nothing, but each place shows its background in most of the pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from models.sketch.pictures import Image, Mask, as_image

_NOISE_FACTOR = 4.0
_LEAST, _MOST = 24.0, 70.0
_CAP = 90.0
_SURROUNDINGS = 0.7
"""Weight of looking like what lies around against looking like the other pictures there."""
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
    return float(np.clip(_NOISE_FACTOR * min(levels) + 10, _LEAST, _MOST))


def estimate(frames: Sequence[Image], threshold: float) -> Image:
    """The still scene: for each place the picture that agrees best with the others there.

    Where the pictures are at odds, as they are for a slow thing, the one that looks like the
    unchanged surroundings is preferred.
    """
    costs = _disagreement(frames)
    spread = np.max(costs, axis=0) * (len(frames) - 1)
    changed = cv2.dilate((spread > threshold).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    result = frames[-1].copy()
    if not changed.any():
        return result
    around = _filled(frames[-1], changed)
    scores = [
        cv2.blur(cost + _SURROUNDINGS * np.minimum(distance(frame, around), _CAP), (5, 5))
        for cost, frame in zip(costs, frames, strict=True)
    ]
    best = np.argmin(scores, axis=0)
    for at, frame in enumerate(frames[:-1]):
        chosen = changed & (best == at)
        result[chosen] = frame[chosen]
    return result


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
    there, behind = (float(_edges(image)[outline].mean()) for image in (frame, still))
    return behind > 1.2 * there + 1.5


def _edges(image: Image) -> Image:
    return _largest(cv2.morphologyEx(image, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))


def _disagreement(images: Sequence[Image]) -> list[NDArray[np.float32]]:
    """For each image its mean distance to the others, each distance capped."""
    sums = [np.zeros(images[0].shape[:2], np.float32) for _ in images]
    for one in range(len(images)):
        for other in range(one + 1, len(images)):
            apart = np.minimum(distance(images[one], images[other]), _CAP).astype(np.float32)
            sums[one] += apart
            sums[other] += apart
    return [total / np.float32(max(1, len(images) - 1)) for total in sums]


def _filled(image: Image, unknown: Mask) -> Image:
    """``image`` with the unknown places painted over from around (normalised convolution)."""
    small = cv2.resize(image, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    size = (small.shape[1], small.shape[0])
    hidden = cv2.resize(unknown.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    known = (hidden < 0.01).astype(np.float32) + np.float32(1e-6)
    result = small.astype(np.float32)
    for kernel in (61, 31, 15):
        weight = cv2.blur(known, (kernel, kernel))[:, :, None]
        around = cv2.blur(small * known[:, :, None], (kernel, kernel)) / weight
        result = np.where(weight > 0.05, around, result)
    full = cv2.resize(result, (image.shape[1], image.shape[0]))
    return as_image(np.where(unknown[:, :, None], np.clip(full, 0, 255), image))


def _largest(channels: object) -> Image:
    one, two, three = cv2.split(as_image(channels))
    return as_image(cv2.max(cv2.max(one, two), three))
