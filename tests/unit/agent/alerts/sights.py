"""Scripted films for alert rules: what is in view from when to when, as sights."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from livekit.plugins.pressbox.scene import Motion, Sight

from vision.detection import Box, TrackedObject

RIGHT: Box = (0.7, 0.3, 0.9, 0.9)
LEFT: Box = (0.1, 0.3, 0.3, 0.9)


@dataclass
class Film:
    """Begins at 100 s. Times in it are seconds from there."""

    seconds: float
    fps: float = 2.0
    things: list[tuple[str, float, float, Box]] = field(default_factory=list)
    moves: list[tuple[float, float, Box]] = field(default_factory=list)
    light: list[tuple[float, float]] = field(default_factory=lambda: [(0.0, 128.0)])
    cuts: list[float] = field(default_factory=list)

    def sights(self, drop: float = 0.0, seed: int = 0) -> Iterator[Sight]:
        """`drop`: share of the looks at which the tracker loses an object for that one look, and
        finds it again under a new id in half of the cases.
        """
        dice = random.Random(seed)
        ids = {number: number for number, _ in enumerate(self.things)}
        before: tuple[TrackedObject, ...] = ()
        last = self._light(0.0)
        for number in range(round(self.seconds * self.fps) + 1):
            at = number / self.fps
            objects = []
            for one, (name, begin, end, box) in enumerate(self.things):
                if not begin <= at < end:
                    continue
                if dice.random() < drop:
                    ids[one] = ids[one] + 1000 if dice.random() < 0.5 else ids[one]
                    continue
                objects.append(TrackedObject(ids[one], name, box, 100 + begin, 100 + at))
            now = tuple(objects)
            light = self._light(at)
            yield Sight(
                100 + at,
                Motion(
                    movers=tuple(box for begin, end, box in self.moves if begin <= at < end),
                    light=light,
                    cut=any(at - 1 / self.fps < cut <= at for cut in self.cuts),
                    dimmed=light < 0.7 * last,
                    lit=light > last / 0.7,
                ),
                now,
                came=_not_in(before, now),
                left=_not_in(now, before),
            )
            before, last = now, light

    def _light(self, at: float) -> float:
        return next(level for begin, level in reversed(self.light) if begin <= at)


def _not_in(
    those: Sequence[TrackedObject], these: Sequence[TrackedObject]
) -> tuple[TrackedObject, ...]:
    known = {one.id for one in those}
    return tuple(one for one in these if one.id not in known)
