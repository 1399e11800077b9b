"""Measures a window of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

from models.sketch import camera, light, regions, tracks
from models.sketch.background import Features, distance, noise_threshold, prepare
from models.sketch.camera import Step
from models.sketch.colours import NAMES, name_map
from models.sketch.faces import Detector
from models.sketch.pictures import Image
from models.sketch.regions import Region
from models.sketch.scene import Heading, Patch, Scene, Thing
from models.sketch.things import heading_of, is_sure, make

MAX_PICTURES = 8
"""Of a longer window the newest and others at even distances are looked at."""

_PAN = 0.02
"""Least slide of the whole picture that is a turn of the camera, in widths."""
_LIGHT_RANGE = 2.2
"""Pictures whose light differs by more than this factor are not compared."""
_RESTLESS = 0.45
_LEAST_STIR = 0.0025
_CORE_SHARE = 0.1
MAX_THINGS = 6


def look(images: Sequence[Image], times: Sequence[float], detector: Detector) -> Scene:
    """What ``images``, BGR of one shape, show; ``times`` are seconds, rising. At least one."""
    chosen = _chosen(len(images))
    images, times = [images[at] for at in chosen], [times[at] for at in chosen]
    gains = [light.gain(old, new) for old, new in pairwise(images)]
    steps = [
        camera.compare(old, new, gain)
        for old, new, gain in zip(images, images[1:], gains, strict=False)
    ]
    cuts = [
        step.cut and 1 / _LIGHT_RANGE < gain < _LIGHT_RANGE
        for step, gain in zip(steps, gains, strict=True)
    ]
    begin = len(cuts) - cuts[::-1].index(True) if any(cuts) else 0
    levels = [light.level(image) for image in images]
    lit = light.judge(levels[begin:], gains[begin:], times[begin:])
    restless = sum(cuts) > 1 or _restless(steps[begin:])
    pan = _pan(steps[begin:], images[-1].shape[1])
    start = _comparable(begin, gains)
    found: tuple[tuple[Thing, ...], tuple[float, float] | None] = ((), None)
    if not (restless or pan or lit.black):
        found = _things(images[start:], gains[start:], steps[start:], times[start:], detector)
    return Scene(
        pictures=len(images),
        seconds=times[-1] - times[0],
        light=lit,
        cut=any(cuts),
        pan=pan,
        restless=restless,
        things=found[0],
        stir=found[1],
        faces=() if lit.black else tuple(detector.faces(images[-1])),
        colours=_patches(images[-1]),
    )


def _chosen(count: int) -> list[int]:
    if count <= MAX_PICTURES:
        return list(range(count))
    return [round(at) for at in np.linspace(0, count - 1, MAX_PICTURES)]


def _comparable(begin: int, gains: Sequence[float]) -> int:
    """The oldest picture from ``begin`` on whose light is like the newest one's, all through."""
    total = 1.0
    for at in range(len(gains) - 1, begin - 1, -1):
        total *= gains[at]
        if not 1 / _LIGHT_RANGE < total < _LIGHT_RANGE:
            return at + 1
    return begin


def _restless(steps: Sequence[Step]) -> bool:
    return bool(steps) and float(np.median([step.changed for step in steps])) > _RESTLESS


def _pan(steps: Sequence[Step], width: int) -> Heading:
    """Where the camera turns: against the slide of the picture."""
    slides = [step.shift for step in steps if np.hypot(*step.shift) > _PAN * width]
    if not slides or 2 * len(slides) < len(steps) or slides[-1] != steps[-1].shift:
        return ""
    right, down = np.sum(slides, axis=0)
    if np.hypot(right, down) < _PAN * width:
        return ""
    return heading_of(-float(right), -float(down))


def _things(
    images: Sequence[Image],
    gains: Sequence[float],
    steps: Sequence[Step],
    times: Sequence[float],
    detector: Detector,
) -> tuple[tuple[Thing, ...], tuple[float, float] | None]:
    """The things, and where something else stirs."""
    if len(images) < 2:
        return (), None
    steady = _steadied(images, steps)
    frames = _evenly_lit(steady, gains)
    threshold = noise_threshold(frames)
    aspect = images[-1].shape[0] / images[-1].shape[1]
    found = regions.find(steady, frames, threshold)
    sure: list[Thing] = []
    stirs: list[Region] = []
    for track in tracks.follow(found, times, aspect):
        remains = track.end < len(frames) - 1 and _remains(
            track.last, frames[track.end], frames[-1], threshold
        )
        person = detector.is_person(steady[track.end], track.last.box)
        thing = make(track, times, aspect, person=person, remains=remains)
        if is_sure(track, thing) and not any(_part_of(thing, other) for other in sure):
            sure.append(thing)
        elif not thing.gone and not remains:
            stirs.append(track.last)
    return tuple(sure[:MAX_THINGS]), _stir(stirs, sure)


def _remains(region: Region, then: Features, now: Features, threshold: float) -> bool:
    """Whether the newest picture still shows a thing where it was.

    Its place looks as it did then; or, when it only shrank, its core never changed and is no
    part of the region, but of its hollow.
    """
    changed = distance(then.lab, now.lab)[region.mask] > threshold
    if changed.mean() < 0.5:
        return True
    if region.hollow.sum() < _CORE_SHARE * region.mask.sum():
        return False
    core = now.lab[region.hollow].mean(axis=0)
    return bool(np.abs(core - region.lab).max() < threshold)


def _part_of(thing: Thing, other: Thing) -> bool:
    """Whether it is a piece of a larger thing that is seen or gone as well."""
    left, top, right, bottom = other.box
    inside = left - 0.03 <= thing.place[0] <= right + 0.03
    inside = inside and top - 0.03 <= thing.place[1] <= bottom + 0.03
    if thing.gone != other.gone:
        # What a growing or turning thing covered before is no thing of its own.
        return inside and thing.seen == 1
    return inside and thing.share < other.share / 2


def _stir(found: Sequence[Region], things: Sequence[Thing]) -> tuple[float, float] | None:
    alone = [
        region
        for region in found
        if not any(
            thing.box[0] - 0.04 <= region.x <= thing.box[2] + 0.04
            and thing.box[1] - 0.04 <= region.y <= thing.box[3] + 0.04
            for thing in things
        )
    ]
    total = sum(region.share for region in alone)
    if total < _LEAST_STIR:
        return None
    return (
        sum(region.x * region.share for region in alone) / total,
        sum(region.y * region.share for region in alone) / total,
    )


def _steadied(images: Sequence[Image], steps: Sequence[Step]) -> list[Image]:
    """The pictures as the newest one's camera would have seen them."""
    right = down = 0.0
    result = [images[-1]]
    for image, step in zip(reversed(images[:-1]), reversed(steps), strict=True):
        right, down = right + step.shift[0], down + step.shift[1]
        result.append(camera.slid(image, (right, down)) if right or down else image)
    return result[::-1]


def _evenly_lit(images: Sequence[Image], gains: Sequence[float]) -> list[Features]:
    """The pictures in the newest one's light, prepared."""
    total = 1.0
    result = [prepare(images[-1])]
    for image, gain in zip(reversed(images[:-1]), reversed(gains), strict=True):
        total *= gain
        same = abs(total - 1) < 0.02
        lit = image if same else np.asarray(cv2.convertScaleAbs(image, alpha=total), np.uint8)
        result.append(prepare(lit))
    return result[::-1]


def _patches(image: Image) -> tuple[Patch, ...]:
    """The colours that take at least one part in fifty."""
    small = np.asarray(cv2.resize(image, None, fx=0.5, fy=0.5), dtype=np.uint8)
    names = name_map(small)
    counts = np.bincount(names.ravel(), minlength=len(NAMES)) / names.size
    patches = []
    for at in np.argsort(-counts, kind="stable"):
        if counts[at] >= 0.02:
            rows, columns = np.nonzero(names == at)
            place = (columns.mean() / names.shape[1], rows.mean() / names.shape[0])
            patches.append(Patch(NAMES[at], float(counts[at]), place))
    return tuple(patches)
