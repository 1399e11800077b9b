"""What moves or lies newly: the regions that are not the still scene, followed. Pure.

Pictures may be a second apart, so that a thing is somewhere else in each of them: flow between
neighbours would find nothing, but each place shows its background in most of the pictures.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from models.sketch.colours import main_colour
from models.sketch.pictures import Image, Mask, as_image
from models.sketch.scene import Box, Thing, thing

_MOST_REGIONS = 6
_LEAST_SHARE = 0.004
"""Of the picture; smaller ones are not spoken of."""
_MOST_LYING = 0.06
"""What is larger and new is a person."""
_STILL = 0.1
"""Part of its place that may differ between two pictures in which it lies still."""
_WORST = 1.3
"""Two regions that differ more than this are different things."""
_COLOUR_UNIT = 60.0
_CAP = 90.0
_ELLIPSE = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))


@dataclass(frozen=True, slots=True, eq=False)
class _Region:
    """Something in the picture number ``at``; ``lab`` is its mean colour."""

    at: int
    box: Box
    share: float
    lab: NDArray[np.float64]
    colour: str

    @property
    def centre(self) -> tuple[float, float]:
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @property
    def whole(self) -> bool:
        """Whether no part of it is outside."""
        return _inside_by(self.box) > 0.01


def movers(images: Sequence[Image], frames: Sequence[Image], times: Sequence[float]) -> list[Thing]:
    """What travels through the pictures, the largest first.

    ``images`` are BGR with their true light, ``frames`` the same with equal light, prepared.
    """
    threshold = _noise_threshold(frames)
    still = _estimate(frames)
    aspect = images[-1].shape[0] / images[-1].shape[1]
    tracks: list[list[_Region]] = []
    for at, (image, frame) in enumerate(zip(images, frames, strict=True)):
        found = list(_regions(at, image, frame, still, threshold))
        costs = sorted(
            (_cost(track[-1], region, aspect), number, other)
            for number, track in enumerate(tracks)
            for other, region in enumerate(found)
            if track[-1].at == at - 1
        )
        new = set(range(len(found)))
        for cost, number, other in costs:  # the likest first
            if cost < _WORST and other in new and tracks[number][-1].at < at:
                tracks[number].append(found[other])
                new.discard(other)
        tracks += [[found[other]] for other in new]
    things = [
        thing("", _colour(track), [(times[r.at], r.box) for r in track], times, aspect)
        for track in tracks
        if len(track) > 1
    ]
    return sorted((one for one in things if one.heading), key=lambda one: -one.share)


def lying(frames: Sequence[Image]) -> list[Thing]:
    """What is ``new``, or ``gone``, in the last two pictures; it ``stays`` where it was there, or
    was not, in the first two.
    """
    if len(frames) < 3:
        return []
    threshold = _noise_threshold(frames)
    first, last = frames[0], frames[-1]
    restless = _foreground(last, frames[-2], threshold)
    before = _foreground(first, frames[1], threshold)
    found = []
    for piece in _pieces(_foreground(last, first, threshold)):
        box = _box(piece)
        new, gone = _is_ghost(piece, first, last), _is_ghost(piece, last, first)
        settled = piece.mean() <= _MOST_LYING and restless[piece].mean() < _STILL
        if settled and new != gone and _inside_by(box) > 0.015:
            stays = bool(before[piece].mean() < _STILL)
            found.append(Thing("", "", box, new=new, gone=gone, stays=stays))
    return found


def _pieces(mask: Mask) -> Iterator[Mask]:
    """Connected ones, the largest first."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    areas = np.bincount(labels[mask], minlength=1) / mask.size
    order = [n for n in np.argsort(-areas) if n != 0 and areas[n] >= _LEAST_SHARE]
    return ((labels == n) & mask for n in order[:_MOST_REGIONS])


def _regions(
    at: int, image: Image, frame: Image, still: Image, threshold: float
) -> Iterator[_Region]:
    for mask in _pieces(_foreground(frame, still, threshold)):
        if not _is_ghost(mask, frame, still):
            lab, colour = frame[mask].mean(axis=0), main_colour(image[mask])
            yield _Region(at, _box(mask), float(mask.mean()), lab, colour)


def _box(mask: Mask) -> Box:
    height, width = mask.shape
    left, top, wide, high = cv2.boundingRect(mask.astype(np.uint8))
    return left / width, top / height, (left + wide) / width, (top + high) / height


def _inside_by(box: Box) -> float:
    """How far it is from the nearest border."""
    return min(box[0], box[1], 1 - box[2], 1 - box[3])


def _cost(last: _Region, region: _Region, aspect: float) -> float:
    """How unlikely it is that these are the same thing."""
    # A camera that adapts to a bright thing changes its lightness most.
    colour = float((np.abs(last.lab - region.lab) * (0.5, 1, 1)).max()) / _COLOUR_UNIT
    size = abs(math.log(region.share / last.share)) / 1.2
    if not (last.whole and region.whole):
        colour, size = colour * 0.7, size * 0.3  # much of it is, or was, outside
    right, down = (region.centre[axis] - last.centre[axis] for axis in (0, 1))
    return colour + size + math.hypot(right, down * aspect)


def _colour(track: Sequence[_Region]) -> str:
    """The name that most of what was seen of it has."""
    seen: Counter[str] = Counter()
    for region in track:
        seen[region.colour] += region.share  # type: ignore[assignment]
    best = max(seen, key=lambda name: seen[name])
    return best if 2 * seen[best] >= seen.total() else ""


def prepare(image: Image) -> Image:
    """A BGR image as lightness and twice the two opponent colours, smoothed.

    Opponent colours span half the range of lightness (CIE L*a*b* in 8 bit).
    """
    light, one, two = cv2.split(cv2.cvtColor(cv2.GaussianBlur(image, (5, 5), 0), cv2.COLOR_BGR2LAB))
    scaled = [cv2.convertScaleAbs(channel, alpha=2, beta=-128) for channel in (one, two)]
    return as_image(cv2.merge([light, *scaled]))


def _distance(one: Image, other: Image) -> Image:
    """(height, width) uint8: the largest difference of the three channels."""
    return _largest(cv2.absdiff(one, other))


def _noise_threshold(frames: Sequence[Image]) -> float:
    """The distance from which on two pixels show different things, not noise."""
    levels = [float(np.median(_distance(old, new)[::2, ::2])) for old, new in pairwise(frames)]
    return min(max(24.0, 4 * min(levels) + 10), 70.0)


def _estimate(frames: Sequence[Image]) -> Image:
    """The still scene: for each place the picture that agrees best with the others there."""
    costs = [np.zeros(frames[0].shape[:2], np.float32) for _ in frames]
    for one, other in combinations(range(len(frames)), 2):
        apart = np.minimum(_distance(frames[one], frames[other]), _CAP)
        costs[one] += apart
        costs[other] += apart
    best = np.argmin([cv2.blur(cost, (5, 5)) for cost in costs[::-1]], axis=0)
    return as_image(np.choose(best[:, :, None], frames[::-1]))


def _foreground(frame: Image, still: Image, threshold: float) -> Mask:
    """Where ``frame`` shows something that is not the still scene."""
    differs = (_distance(frame, still) > threshold).astype(np.uint8)
    cleaned = cv2.morphologyEx(differs, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return cv2.morphologyEx(cleaned, cv2.MORPH_CLOSE, _ELLIPSE) > 0


def _is_ghost(mask: Mask, frame: Image, still: Image) -> bool:
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
