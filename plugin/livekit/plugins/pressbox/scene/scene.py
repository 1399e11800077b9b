"""What goes on in front of the camera: who is there since when, and what of it is news. Pure."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ..commentator.window import SampledFrame
from .movement import Movement
from .sight import Sight, TrackedObject

REMEMBERED = 30.0
"""Seconds of sights that are kept: more than any delay."""
MOST = 512
CERTAIN = 255.0
"""Strength of what changes everything: a cut, the light."""
STIR = 3.0
"""Seconds of movement before which the picture still shows how it was."""
SETTLE = 0.2
"""Seconds after its begin at which a happening can be told apart; a cut or the light needs none."""


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened.

    Attributes:
        at: Capture time, monotonic seconds.
        strength: How much, in the unit of ``change_threshold``: 0 to 255.
        clear_at: Capture time of the first picture that shows what it is.
    """

    at: float
    strength: float
    clear_at: float


class Tracker(Protocol):
    """Follows what a detector finds, which is looked for outside of this package."""

    def update(self, time: float, detections: Sequence[Any], /) -> Sequence[TrackedObject]:
        """Take what was found in the picture of that capture time; what is surely in view."""

    def forget(self) -> None:
        """The next picture is of something else."""


class Scene:
    """Understands the frames of one source, in capture order."""

    def __init__(self, tracker: Tracker | None = None) -> None:
        """``tracker``: None where frames carry no detections."""
        self._movement = Movement()
        self._tracker = tracker
        self._sights: deque[Sight] = deque(maxlen=MOST)
        self._listeners: list[Callable[[Sight], None]] = []
        self._objects: tuple[TrackedObject, ...] | None = None

    def listen(self, seen: Callable[[Sight], None]) -> None:
        """Call ``seen(sight)`` for each frame that was understood; it may not raise."""
        self._listeners.append(seen)

    def see(self, frame: SampledFrame) -> SampledFrame:
        """Take one more frame; returns it with the objects that are in view."""
        if self._sights and frame.capture_time <= self._sights[-1].capture_time:
            return replace(frame, objects=self._objects)
        motion = self._movement.see(frame.capture_time, frame.grey)
        if motion.cut and self._tracker:
            self._tracker.forget()
        before = self._objects or ()
        if frame.detections is not None and self._tracker:
            self._objects = tuple(self._tracker.update(frame.capture_time, frame.detections))
        now = self._objects or ()
        sight = Sight(
            frame.capture_time, motion, now, came=_not_in(before, now), left=_not_in(now, before)
        )
        self._sights.append(sight)
        while self._sights[0].capture_time < frame.capture_time - REMEMBERED:
            self._sights.popleft()
        for seen in self._listeners:
            seen(sight)
        return replace(frame, objects=self._objects)

    def reset(self) -> None:
        """The source is another one."""
        self._movement.reset()
        if self._tracker:
            self._tracker.forget()
        self._sights.clear()
        self._objects = None

    @property
    def objects(self) -> tuple[TrackedObject, ...]:
        """What is in view, sure things only."""
        return self._objects or ()

    def calm_until(self, time: float) -> float:
        """Capture time of the newest frame up to that one in which nothing moved, at most STIR
        before it; else it is that time.
        """
        for sight in reversed(self._sights):
            if sight.capture_time <= time and not sight.motion.movers:
                return sight.capture_time if sight.capture_time >= time - STIR else time
        return time

    def news(self, after: float, until: float, threshold: float) -> News | None:
        """The first of what happened after one capture time, up to another, and is of that strength
        at least. A ball or a far car is about 10, somebody nearby 20 to 50.
        """
        for sight in self._sights:
            if after < sight.capture_time <= until:
                strength = strength_of(sight)
                if strength and strength >= threshold:
                    at = sight.capture_time
                    clear = at if strength >= CERTAIN else at + SETTLE
                    return News(at, strength, clear)
        return None


def strength_of(sight: Sight) -> float:
    """How much happened in a frame, in the unit of ``change_threshold``: the side of a square as
    large as what moves, comes or goes, in percent of the picture's; 255 for the whole picture.
    """
    motion = sight.motion
    if motion.cut or motion.dimmed or motion.lit:
        return CERTAIN
    boxes = (one.box for one in (*sight.came, *sight.left))
    shares = [(right - left) * (bottom - top) for left, top, right, bottom in boxes]
    return 100 * math.sqrt(max([motion.share if motion.movers else 0.0, *shares]))


def _not_in(
    known: Sequence[TrackedObject], objects: Sequence[TrackedObject]
) -> tuple[TrackedObject, ...]:
    ids = {one.id for one in known}
    return tuple(one for one in objects if one.id not in ids)
