"""What moves: the regions of each picture that are not the still scene, followed. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.sketch import background
from models.sketch.colours import main_colour
from models.sketch.pictures import Image, Mask
from models.sketch.scene import Box, Thing
from models.sketch.things import make

_MOST_REGIONS = 6
_LEAST_SHARE = 0.004
"""Of the picture; smaller movers are not spoken of."""
_WORST = 1.3
"""Two regions that differ more than this are different things."""
_COLOUR_UNIT = 60.0
_JOIN = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))


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
        return min(self.box[0], self.box[1], 1 - self.box[2], 1 - self.box[3]) > 0.01


def movers(images: Sequence[Image], frames: Sequence[Image], times: Sequence[float]) -> list[Thing]:
    """What travels through the pictures, the largest first.

    ``images`` are BGR with their true light, ``frames`` the same with equal light, prepared.
    """
    threshold = background.noise_threshold(frames)
    still = background.estimate(frames, threshold)
    aspect = images[-1].shape[0] / images[-1].shape[1]
    tracks: list[list[_Region]] = []
    for at, (image, frame) in enumerate(zip(images, frames, strict=True)):
        found = _regions(at, image, frame, still, threshold)
        for track, region in _pairs(tracks, found, times, aspect):
            track.append(region)
        known = {id(track[-1]) for track in tracks}
        tracks += [[region] for region in found if id(region) not in known]
    travelled = [track for track in tracks if len(track) > 1]
    things = [
        make("", _colour(track), [(times[r.at], r.box) for r in track], times, aspect)
        for track in travelled
    ]
    return sorted((one for one in things if one.heading), key=lambda one: -one.share)


def _regions(at: int, image: Image, frame: Image, still: Image, threshold: float) -> list[_Region]:
    """Connected pieces, largest first; those that nearly touch are one."""
    mask = background.foreground(frame, still, threshold)
    _, labels = cv2.connectedComponents(cv2.dilate(mask.astype(np.uint8), _JOIN))
    areas = np.bincount(labels[mask], minlength=1) / mask.size
    order = [n for n in np.argsort(-areas) if n != 0 and areas[n] >= _LEAST_SHARE]
    pieces = [(labels == n) & mask for n in order[:_MOST_REGIONS]]
    return [
        _measured(at, piece, image, frame)
        for piece in pieces
        if not background.is_ghost(piece, frame, still)
    ]


def _measured(at: int, mask: Mask, image: Image, frame: Image) -> _Region:
    height, width = mask.shape
    left, top, wide, high = cv2.boundingRect(mask.astype(np.uint8))
    core = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=2) > 0
    inside = core if core.sum() >= 20 else mask
    box = (left / width, top / height, (left + wide) / width, (top + high) / height)
    lab = frame[inside].mean(axis=0)
    return _Region(at, box, float(mask.mean()), lab, main_colour(image[inside]))


def _pairs(
    tracks: Sequence[list[_Region]],
    found: Sequence[_Region],
    times: Sequence[float],
    aspect: float,
) -> list[tuple[list[_Region], _Region]]:
    """Which region goes on with which track of the picture before; the likest first."""
    costs = sorted(
        (_cost(track, region, times, aspect), number, other)
        for number, track in enumerate(tracks)
        for other, region in enumerate(found)
        if track[-1].at == region.at - 1
    )
    taken: list[tuple[int, int]] = []
    for cost, number, other in costs:
        free = all(number != one and other != two for one, two in taken)
        if free and cost < _WORST:
            taken.append((number, other))
    return [(tracks[number], found[other]) for number, other in taken]


def _cost(
    track: Sequence[_Region], region: _Region, times: Sequence[float], aspect: float
) -> float:
    last = track[-1]
    # A camera that adapts to a bright thing changes its lightness most.
    colour = float((np.abs(last.lab - region.lab) * (0.5, 1, 1)).max()) / _COLOUR_UNIT
    size = abs(math.log(region.share / last.share)) / 1.2
    if not (last.whole and region.whole):
        colour, size = colour * 0.7, size * 0.3  # much of it is, or was, outside
    ahead, elapsed = times[region.at] - times[last.at], 1.0
    x, y = last.centre
    if len(track) > 1:
        before = track[-2]
        elapsed = times[last.at] - times[before.at]
        x += (x - before.centre[0]) * ahead / elapsed
        y += (y - before.centre[1]) * ahead / elapsed
    return colour + size + math.hypot(region.centre[0] - x, (region.centre[1] - y) * aspect)


def _colour(track: Sequence[_Region]) -> str:
    """The name that most of what was seen of it has.

    Windows, wheels and shade are black or grey: what is grey and white is white, what is black and
    red is red; of other mixtures none is said.
    """
    seen: dict[str, float] = {}
    for region in track:
        name = re.sub("(?:black|grey) and (?!grey)", "", region.colour)
        seen[name] = seen.get(name, 0.0) + region.share
    best = max(seen, key=lambda name: seen[name])
    return best if 2 * seen[best] >= sum(seen.values()) and " " not in best else ""
