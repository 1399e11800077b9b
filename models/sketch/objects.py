"""Things that a detector has named, over a window. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import cv2

from models.engine import NamedObject
from models.sketch.colours import shares
from models.sketch.pictures import Image
from models.sketch.scene import Box, Thing
from models.sketch.things import Sighting, make, without_echoes
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
    tracks: dict[tuple[int, str], list[int]] = {}
    boxes: dict[tuple[int, str, int], Box] = {}
    for at in looked:
        for one in seen[at] or ():
            if one.name in COCO_NAMES:
                tracks.setdefault((one.id, one.name), []).append(at)
                boxes[one.id, one.name, at] = one.box
    aspect = images[-1].shape[0] / images[-1].shape[1]
    times_looked = [times[at] for at in looked]
    paths: list[tuple[Thing, list[Sighting]]] = []
    for (number, name), ats in tracks.items():
        path = [(times[at], boxes[number, name, at]) for at in ats]
        sights = [(images[at], box) for at, (_, box) in zip(ats, path, strict=True)]
        gone = ats[-1] < looked[-1]
        colour = _colour(name, sights[: len(without_echoes(path))] if gone else sights)
        thing = make(name, colour, path, times_looked, aspect)
        if thing.stays and _stirs(images[looked[-2]], images[looked[-1]], thing.box):
            thing = replace(thing, stirs=True)
        paths.append((thing, path))
    persons = [path for thing, path in paths if thing.name == "person" and not thing.gone]
    things = [replace(thing, held=_held(thing, path, persons)) for thing, path in paths]
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
    height, width = image.shape[:2]
    wide, high = box[2] - box[0], box[3] - box[1]
    left, right = (round((box[0] + wide * part[at]) * width) for at in (0, 2))
    top, bottom = (round((box[1] + high * part[at]) * height) for at in (1, 3))
    if right - left < 6 or bottom - top < 6:
        return ""
    found = shares(image[top:bottom, left:right].reshape(-1, 3))
    best = next(iter(found))
    return best if found[best] >= _SURE_COLOUR else ""


def _stirs(before: Image, now: Image, box: Box) -> bool:
    height, width = now.shape[:2]
    rows = slice(round(box[1] * height), max(1, round(box[3] * height)))
    columns = slice(round(box[0] * width), max(1, round(box[2] * width)))
    old, new = (cv2.blur(image[rows, columns], (5, 5)) for image in (before, now))
    return bool((cv2.absdiff(old, new).max(axis=2) > 36).mean() > _STIRRED)


def _held(
    thing: Thing, path: Sequence[Sighting], persons: Sequence[Sequence[Sighting]]
) -> Literal["", "with", "taken"]:
    """``taken``: it stood alone and is in a person's box now, moved; ``with``: it goes along."""
    if thing.name not in HANDHELD or thing.gone or len(path) < 2:
        return ""
    moved = max(abs(a - b) for a, b in zip(path[0][1], path[-1][1], strict=True)) > 0.04
    for person in persons:
        at_time = dict(person)
        parts = [inside(box, at_time[time]) for time, box in path if time in at_time]
        if len(parts) == len(path) and moved and min(parts) > 0.5:
            return "with"
        if moved and parts and parts[-1] > 0.4 and (len(parts) < len(path) or parts[0] < 0.05):
            return "taken"
    return ""


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
