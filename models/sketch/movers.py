"""What moves or lies newly: the regions that are not the still scene, followed. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.sketch.background import estimate, foreground, is_ghost, noise_threshold
from models.sketch.colours import main_colour
from models.sketch.pictures import Image, Mask
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
    threshold = noise_threshold(frames)
    still = estimate(frames)
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
    threshold = noise_threshold(frames)
    first, last = frames[0], frames[-1]
    restless = foreground(last, frames[-2], threshold)
    before = foreground(first, frames[1], threshold)
    found = []
    for piece in _pieces(foreground(last, first, threshold)):
        box = _box(piece)
        new, gone = is_ghost(piece, first, last), is_ghost(piece, last, first)
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
    for mask in _pieces(foreground(frame, still, threshold)):
        if not is_ghost(mask, frame, still):
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
