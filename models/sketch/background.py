"""What stands still in a window of pictures, and what differs from it. Pure.

Pictures may be a second apart, so that a thing is somewhere else in each of them: flow between
neighbours would find nothing, but each place shows its background in most of the pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from models.sketch.pictures import Image, Mask

_NOISE_FACTOR = 4.0
_LEAST, _MOST = 24.0, 70.0
_CAP = 90.0
_SURROUNDINGS = 0.7
"""Weight of looking like what lies around against looking like the other pictures there."""

Distance = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Features:
    """A picture prepared for comparing.

    Attributes:
        lab: (height, width, 3) uint8, lightness and twice the two opponent colours, smoothed.
        edges: (height, width) uint8, how much a pixel differs from its neighbours.
    """

    lab: Image
    edges: Image


def prepare(image: Image) -> Features:
    """Features of a BGR image."""
    lab = cv2.cvtColor(cv2.GaussianBlur(image, (5, 5), 0), cv2.COLOR_BGR2LAB)
    # Opponent colours span half the range of lightness (CIE L*a*b* in 8 bit).
    scaled = cv2.merge(
        [
            lab[:, :, 0],
            cv2.convertScaleAbs(lab[:, :, 1], alpha=2, beta=-128),
            cv2.convertScaleAbs(lab[:, :, 2], alpha=2, beta=-128),
        ]
    )
    return features(np.asarray(scaled, dtype=np.uint8))


def features(lab: Image) -> Features:
    """Features of an image in scaled Lab."""
    gradient = cv2.morphologyEx(lab, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    return Features(lab, _largest(gradient))


def distance(one: Image, other: Image) -> Distance:
    """(height, width) uint8: the largest difference of the three channels."""
    return _largest(cv2.absdiff(one, other))


def noise_threshold(frames: Sequence[Features]) -> float:
    """The distance from which on two pixels show different things, not noise."""
    levels = [
        float(np.median(distance(old.lab, new.lab)[::2, ::2])) for old, new in pairwise(frames)
    ]
    return float(np.clip(_NOISE_FACTOR * min(levels) + 10, _LEAST, _MOST))


def estimate(frames: Sequence[Features], threshold: float) -> tuple[Features, Image]:
    """The still scene: for each place the picture that agrees best with the others there.

    Where the pictures are at odds, as they are for a slow thing, the one that looks like the
    unchanged surroundings is preferred. These are returned as well: scaled Lab, painted into all
    places that changed.
    """
    costs = _disagreement([frame.lab for frame in frames])
    spread = np.max(costs, axis=0) * (len(frames) - 1)
    changed = cv2.dilate((spread > threshold).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    if not changed.any():
        return frames[-1], frames[-1].lab
    around = _filled(frames[-1].lab, changed)
    scores = [
        cost + _SURROUNDINGS * np.minimum(distance(frame.lab, around), _CAP)
        for cost, frame in zip(costs, frames, strict=True)
    ]
    best = np.argmin([cv2.blur(score, (5, 5)) for score in scores], axis=0)
    lab = frames[-1].lab.copy()
    for at, frame in enumerate(frames[:-1]):
        chosen = changed & (best == at)
        lab[chosen] = frame.lab[chosen]
    return features(lab), around


def foreground(frame: Features, background: Features, threshold: float) -> Mask:
    """Where ``frame`` shows something that is not the background."""
    differs = (distance(frame.lab, background.lab) > threshold).astype(np.uint8)
    cleaned = cv2.morphologyEx(differs, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return cv2.morphologyEx(cleaned, cv2.MORPH_CLOSE, _ELLIPSE) > 0


def is_ghost(mask: Mask, frame: Features, background: Features) -> bool:
    """Whether the thing at ``mask`` stands in the background and is missing in ``frame``.

    A thing has an outline; the place that it left has none.
    """
    area = mask.astype(np.uint8)
    contours, _ = cv2.findContours(area, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = cv2.drawContours(np.zeros_like(area), contours, -1, 1, thickness=5) > 0
    there = float(frame.edges[outline].mean())
    behind = float(background.edges[outline].mean())
    return behind > 1.2 * there + 1.5


def laid_bare(
    mask: Mask, frame: Features, background: Features, around: Image, threshold: float
) -> Mask:
    """The part of ``mask`` where ``frame`` continues the surroundings and the background does not.

    A thing that stood for long and begins to go is where it was and where it is, in one piece.
    """
    plain = distance(frame.lab, around) < threshold
    odd = distance(background.lab, around) > threshold
    part = (mask & plain & odd).astype(np.uint8)
    return cv2.morphologyEx(part, cv2.MORPH_OPEN, _ELLIPSE) > 0


def _disagreement(images: Sequence[Image]) -> list[NDArray[np.float32]]:
    """For each image its mean distance to the others, each distance capped."""
    shape = images[0].shape[:2]
    sums = [np.zeros(shape, np.float32) for _ in images]
    for one in range(len(images)):
        for other in range(one + 1, len(images)):
            apart = distance(images[one], images[other]).astype(np.float32)
            np.minimum(apart, _CAP, out=apart)
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
        near = weight > 0.05
        result = np.where(near, around, result)
    full = cv2.resize(result, (image.shape[1], image.shape[0]))
    return np.where(unknown[:, :, None], np.clip(full, 0, 255), image).astype(np.uint8)


def _largest(channels: object) -> NDArray[np.uint8]:
    one, two, three = cv2.split(np.asarray(channels, dtype=np.uint8))
    return np.asarray(cv2.max(cv2.max(one, two), three), dtype=np.uint8)


_ELLIPSE = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
