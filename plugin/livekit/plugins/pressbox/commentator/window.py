"""The window: remembered frames, and which of them one request carries. Pure."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..scene.sight import TrackedObject

BEFORE_AND_AFTER = 4
"""Frames of a window from which on one may show how it was before, and three what moves now."""

Grey = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class SampledFrame:
    """One scaled and encoded picture.

    Attributes:
        capture_time: Monotonic seconds at which the picture reached us.
        jpeg: The JPEG file, at most 640 pixels on its long edge.
        grey: The same picture as uint8 grey levels 0..255 of a fixed small shape (90, 160).
        detections: What a detector found in it, for the ``Tracker``; None: none looked.
        objects: What is in view by then, followed over time; None: there is no detector.
    """

    capture_time: float
    jpeg: bytes
    grey: Grey
    detections: tuple[Any, ...] | None = None
    objects: tuple[TrackedObject, ...] | None = None


class Window:
    """The newest sampled frames, in capture order: ``size`` of them, and all within ``reach``.

    ``reach`` is in seconds before the newest frame; 0 makes it a plain ring.
    """

    def __init__(self, size: int, reach: float = 0.0) -> None:
        self.size = size
        self.reach = reach
        self._frames: deque[SampledFrame] = deque()

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, frame: SampledFrame) -> None:
        """Remember a frame. One older than the newest starts the window anew: the source's
        clock jumped back, so nothing in it can be put in order with what follows."""
        if self._frames and frame.capture_time < self._frames[-1].capture_time:
            self._frames.clear()
        self._frames.append(frame)
        before = frame.capture_time - self.reach
        while len(self._frames) > self.size and self._frames[0].capture_time < before:
            self._frames.popleft()

    def clear(self) -> None:
        self._frames.clear()

    def first_from(self, not_before: float) -> SampledFrame | None:
        """The oldest frame captured at ``not_before`` (monotonic seconds) or later."""
        return next((f for f in self._frames if f.capture_time >= not_before), None)

    def newest_until(self, limit: float) -> SampledFrame | None:
        """The newest frame captured at ``limit`` (monotonic seconds) or earlier."""
        return next((f for f in reversed(self._frames) if f.capture_time <= limit), None)

    def ending_at(
        self, anchor: SampledFrame, *, count: int, stride: int, told: float = math.inf
    ) -> list[SampledFrame]:
        """At most ``count`` frames in time order: every ``stride``-th sampled one, then the anchor.

        The anchor need not be a sampled frame itself. ``told`` is the capture time of the last
        picture that was spoken of: where it lies further back and there are ``BEFORE_AND_AFTER``
        frames, it is the first of them, so that they show what happened since.
        """
        earlier = [f for f in reversed(self._frames) if f.capture_time < anchor.capture_time]
        chosen = earlier[stride - 1 :: stride][: count - 1]
        if len(chosen) >= BEFORE_AND_AFTER - 1 and (before := self.newest_until(told)):
            chosen[-1] = min(chosen[-1], before, key=lambda frame: frame.capture_time)
        return [*reversed(chosen), anchor]
