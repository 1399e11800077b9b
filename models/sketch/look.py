"""Measures a window of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

from models.sketch import camera, light
from models.sketch.background import prepare
from models.sketch.camera import Step
from models.sketch.colours import shares
from models.sketch.lying import changed
from models.sketch.movers import movers
from models.sketch.objects import Seen, explains, lives, named
from models.sketch.pictures import Image, as_image
from models.sketch.scene import Heading, Scene, Thing
from models.sketch.things import heading_of

MAX_PICTURES = 8
"""Of a longer window the newest and others at even distances are looked at."""
MAX_THINGS = 12
_PAN = 0.02
"""Least slide of the whole picture that is a turn of the camera, in widths."""
_LIGHT_RANGE = 2.2
"""Pictures whose light differs by more than this factor are not compared."""
_RESTLESS = 0.45
_CALM = 0.01
_TOO_LARGE = 0.6
"""Part of the picture from which on a mover is no thing in it."""


def look(images: Sequence[Image], times: Sequence[float], seen: Sequence[Seen]) -> Scene:
    """What ``images``, BGR of one shape, show; ``times`` are seconds, rising. At least one.

    ``seen`` is what a detector found in each, None where it did not look.
    """
    count = len(images)
    if count > MAX_PICTURES:
        chosen = [round(at) for at in np.linspace(0, count - 1, MAX_PICTURES)]
        images, times, seen = ([row[at] for at in chosen] for row in (images, times, seen))
    gains = [light.gain(old, new) for old, new in pairwise(images)]
    steps = [
        camera.compare(old, new, gain)
        for (old, new), gain in zip(pairwise(images), gains, strict=True)
    ]
    cuts = [
        step.cut and 1 / _LIGHT_RANGE < gain < _LIGHT_RANGE
        for step, gain in zip(steps, gains, strict=True)
    ]
    begin = len(cuts) - cuts[::-1].index(True) if any(cuts) else 0
    images, times, seen = images[begin:], times[begin:], seen[begin:]
    gains, steps = gains[begin:], steps[begin:]
    lit = light.judge([light.level(image) for image in images], gains)
    restless = sum(cuts) > 1 or _restless(steps)
    pan = _pan(steps, images[-1].shape[1])
    things = [] if lit.black or restless else named(images, times, seen)
    put: list[Thing] = []
    if not (restless or pan or lit.black):
        moving, put = _moving(images, gains, steps, times)
        put = [] if any(lives(one.name) for one in things) else put
        put, moving = ([o for o in row if not explains(things, o)] for row in (put, moving))
        things += moving
    return Scene(
        pictures=count,
        light=lit,
        cut=any(cuts),
        pan=pan,
        calm=not steps or steps[-1].changed < _CALM,
        restless=restless,
        things=tuple(things[:MAX_THINGS]),
        named=seen[-1] is not None and not lit.black,
        colours=_colours(images[-1]),
        changed=tuple(put),
    )


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


def _moving(
    images: Sequence[Image],
    gains: Sequence[float],
    steps: Sequence[Step],
    times: Sequence[float],
) -> tuple[list[Thing], list[Thing]]:
    """What moves, and what was put or taken, in the pictures whose light is like the newest one's,
    in its light and place.
    """
    total, right, down = 1.0, 0.0, 0.0
    steady, frames = [images[-1]], [prepare(images[-1])]
    for image, gain, step in zip(images[-2::-1], gains[::-1], steps[::-1], strict=True):
        total *= gain
        if not 1 / _LIGHT_RANGE < total < _LIGHT_RANGE:
            break
        right, down = right + step.shift[0], down + step.shift[1]
        moved = camera.slid(image, (right, down)) if right or down else image
        even = abs(total - 1) < 0.02
        steady.append(moved)
        frames.append(prepare(moved if even else as_image(cv2.convertScaleAbs(moved, alpha=total))))
    if len(steady) < 2:
        return [], []
    steady, frames = steady[::-1], frames[::-1]
    found = movers(steady, frames, times[-len(steady) :])
    return [one for one in found if one.share < _TOO_LARGE], changed(steady, frames)


def _colours(image: Image) -> tuple[str, ...]:
    """The colours that take at least a seventh."""
    found = shares(image[::2, ::2].reshape(-1, 3))
    return tuple(name for name, share in found.items() if share >= 0.15)[:2]
