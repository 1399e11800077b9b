"""Things that a detector has named, over a window. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2

from models.engine import NamedObject
from models.sketch.colours import shares
from models.sketch.pictures import Image
from models.sketch.scene import Box, Sighting, Thing, thing
from vision.names import ANIMALS, COCO_NAMES, VEHICLES

Seen = tuple[NamedObject, ...] | None
HANDHELD = frozenset(
    """backpack umbrella handbag suitcase frisbee bottle cup fork knife spoon banana apple sandwich
    orange carrot donut remote book scissors toothbrush skateboard snowboard surfboard""".split()  # noqa: SIM905
) | {"cell phone", "wine glass", "tennis racket", "baseball bat", "sports ball", "teddy bear"}
_SURE_COLOUR = 0.6
_STIRRED = 0.04
"""Part of a standing thing's box that changes when it moves."""
_CLOTHES = (0.3, 0.25, 0.7, 0.55)
_PAINT = (0.2, 0.2, 0.8, 0.7)
"""Part of a box whose colour is that of a person's clothes, of a vehicle's paint."""


def named(images: Sequence[Image], times: Sequence[float], seen: Sequence[Seen]) -> list[Thing]:
    """The largest first; ``images`` are BGR, ``seen`` what was found in each."""
    looked = [at for at, found in enumerate(seen) if found is not None]
    tracks: dict[tuple[int, str], dict[int, Box]] = {}
    for at in looked:
        for one in seen[at] or ():
            if one.name in COCO_NAMES:
                tracks.setdefault((one.id, one.name), {})[at] = one.box
    aspect = images[-1].shape[0] / images[-1].shape[1]
    persons = [
        track[looked[-1]]
        for (_, name), track in tracks.items()
        if name == "person" and looked[-1] in track
    ]
    things: list[Thing] = []
    for (_, name), track in tracks.items():
        path = [(times[at], box) for at, box in track.items()]
        seen_at = thing(name, "", path, [times[at] for at in looked], aspect)
        colour = _colour(name, [(images[at], box) for at, box in track.items()])
        stirs = seen_at.stays and _stirs(images[looked[-2]], images[looked[-1]], seen_at.box)
        held = name in HANDHELD and not seen_at.gone and _held(path, persons)
        things.append(replace(seen_at, colour=colour, stirs=stirs, held=held))
    return sorted(things, key=lambda thing: -thing.share)


def lives(name: str) -> bool:
    """Whether it moves by itself: persons, animals, vehicles."""
    return name == "person" or name in ANIMALS or name in VEHICLES


def _colour(name: str, sights: Sequence[tuple[Image, Box]]) -> str:
    """That of clothes or paint, where two pictures agree."""
    part = _CLOTHES if name == "person" else _PAINT if name in VEHICLES else None
    if part is None:
        return ""
    names = [_main(image, box, part) for image, box in sights if box[3] < 0.99]
    best = max(names, key=names.count, default="")
    return best if names.count(best) > max(1, len(names) / 2) else ""


def _main(image: Image, box: Box, part: Box) -> str:
    x, y, wide, high = box[0], box[1], box[2] - box[0], box[3] - box[1]
    low, top, right, bottom = part
    shown = _cropped(image, (x + wide * low, y + high * top, x + wide * right, y + high * bottom))
    if min(shown.shape[:2]) < 6:
        return ""
    found = shares(shown.reshape(-1, 3))
    best = next(iter(found))
    return best if found[best] >= _SURE_COLOUR else ""


def _cropped(image: Image, box: Box) -> Image:
    height, width = image.shape[:2]
    left, right = round(box[0] * width), max(1, round(box[2] * width))
    return image[round(box[1] * height) : max(1, round(box[3] * height)), left:right]


def _stirs(before: Image, now: Image, box: Box) -> bool:
    old, new = (cv2.blur(_cropped(image, box), (5, 5)) for image in (before, now))
    return bool((cv2.absdiff(old, new).max(axis=2) > 36).mean() > _STIRRED)


def _held(path: Sequence[Sighting], persons: Sequence[Box]) -> bool:
    """Whether it moved, and is where a person is."""
    first, last = path[0][1], path[-1][1]
    moved = max(abs(a - b) for a, b in zip(first, last, strict=True)) > 0.04
    return moved and any(inside(last, person) > 0.4 for person in persons)


def inside(box: Box, other: Box) -> float:
    """Part of ``box`` that is in ``other``."""
    wide = min(box[2], other[2]) - max(box[0], other[0])
    high = min(box[3], other[3]) - max(box[1], other[1])
    area = max((box[2] - box[0]) * (box[3] - box[1]), 1e-6)
    return max(wide, 0.0) * max(high, 0.0) / area


def explains(things: Sequence[Thing], mover: Thing) -> bool:
    """Whether a mover is one of the named things, a part of one or its shadow."""
    return any(
        inside(mover.box, one.box) > 0.2 or inside(one.box, mover.box) > 0.5 for one in things
    )
