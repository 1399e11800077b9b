"""Measures a window of pictures."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise

import cv2

from models.runtime.limits import thinned
from models.sketch import changes
from models.sketch.changes import Step
from models.sketch.colours import shares
from models.sketch.movers import lying, movers, prepare
from models.sketch.objects import Seen, explains, lives, named
from models.sketch.pictures import Image, as_image
from models.sketch.scene import Scene, Thing

MAX_PICTURES = 8
"""Of a longer window the newest and others at even distances are looked at."""
MAX_THINGS = 12
_TURN = 0.04
"""Least slide of the whole picture that is a turn of the camera, in widths."""
_RESTLESS = 0.45
_CALM = 0.01
_APART = 1.5
"""How much farther apart than the next two the first two pictures are, where one is of before."""


def look(images: Sequence[Image], times: Sequence[float], seen: Sequence[Seen]) -> Scene:
    """What ``images``, BGR of one shape, show; ``times`` are seconds, rising. At least one.

    ``seen`` is what a detector found in each, None where it did not look.
    """
    count = len(images)
    chosen = thinned(list(zip(images, times, seen, strict=True)), MAX_PICTURES)
    images, times, seen = zip(*chosen, strict=True)
    steps = [changes.compare(old, new) for old, new in pairwise(images)]
    cuts = [at for at, step in enumerate(steps, 1) if step.cut]
    begin = cuts[-1] if cuts else 0
    images, times, seen, steps = images[begin:], times[begin:], seen[begin:], steps[begin:]
    lit = changes.judge([changes.level(image) for image in images], [step.gain for step in steps])
    upset = len(cuts) > 1 or statistics.median([step.changed for step in steps] or [0]) > _RESTLESS
    slides = [step.slide for step in steps if step.slide]
    things = [] if lit.black or upset else named(images, times, seen)
    blind = lit.black or upset or slides
    moving, put = ([], []) if blind else _moving(images, steps, times)
    if any(lives(one.name) for one in things):
        put = []
    put, moving = ([o for o in row if not explains(things, o)] for row in (put, moving))
    return Scene(
        pictures=count,
        light=lit,
        cut=bool(cuts),
        calm=not slides and (not steps or steps[-1].changed < _CALM),
        restless=upset or (max(slides, default=0.0) > _TURN and not things),
        things=(*things, *moving)[:MAX_THINGS],
        named=seen[-1] is not None and not lit.black,
        colours=_colours(images[-1]),
        changed=tuple(put),
        span=_span(times),
    )


def _span(times: Sequence[float]) -> float:
    apart = len(times) > 2 and times[1] - times[0] > _APART * (times[2] - times[1])
    return times[-1] - times[1 if apart else 0]


def _moving(
    images: Sequence[Image], steps: Sequence[Step], times: Sequence[float]
) -> tuple[list[Thing], list[Thing]]:
    """What moves, and what was put or taken, in the pictures of light like the newest one's."""
    total, begin = 1.0, len(images) - 1
    frames = [prepare(images[-1])]
    while begin > 0 and changes.comparable(total * steps[begin - 1].gain):
        begin -= 1
        total *= steps[begin].gain
        frames.insert(0, prepare(as_image(cv2.convertScaleAbs(images[begin], alpha=total))))
    if len(frames) < 2:
        return [], []
    return movers(images[begin:], frames, times[begin:]), lying(frames)


def _colours(image: Image) -> tuple[str, ...]:
    """The colours that take at least a seventh."""
    found = shares(image[::2, ::2].reshape(-1, 3))
    return tuple(name for name, share in found.items() if share >= 0.15)[:2]
