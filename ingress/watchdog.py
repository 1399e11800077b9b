"""Watches how a source is read: does a picture come, how often, how large.

Pure: all times are monotonic seconds and handed in.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from statistics import median
from typing import Literal

Verdict = Literal["waiting", "fine", "stalled", "dead"]

FIRST_PICTURE = 12.0
"""Seconds that an attempt's first picture may take, unless the reader says what it waits for."""

DEAD_AFTER, DEAD_BEHIND_STALL = 8.0, 5.0
"""Seconds without a picture after which the attempt is given up, whatever its socket says: the
first at least, and the second behind the stall.
"""

INTERVALS = 4
"""A stall is at least as long as so many usual intervals: some cameras give a picture every 5 s."""

WINDOW = 4.0
"""Seconds over which rates are measured; as long as LEAST pictures take, if that is longer."""

LEAST = 5
STOOD_STILL = 1.0
"""When nobody asked for longer than this, this process stood still, and not the source."""

_MOST = 1024


class Watchdog:
    """Told of each attempt; how often pictures come it learns over all of them."""

    def __init__(self, stall_after: float, now: float) -> None:
        self._stall_after = stall_after
        self._pictures: deque[tuple[float, int]] = deque(maxlen=_MOST)
        self._bytes = 0
        self.attempt(now)

    def attempt(self, now: float) -> None:
        """Another attempt begins."""
        self.first: float | None = None
        """When the first picture of this attempt came; None for not yet."""
        self._last = self._asked = now

    def waits(self, now: float) -> None:
        """The reader says what it waits for, and for how long is its business."""
        if self.first is None:
            self._last = now

    def picture(self, now: float, size: int) -> None:
        """A picture of so many bytes came."""
        if self.first is None:
            self.first = now
        self._last = now
        pictures = self._pictures
        if len(pictures) == _MOST:
            self._bytes -= pictures.popleft()[1]
        pictures.append((now, size))
        self._bytes += size
        while len(pictures) > LEAST and now - pictures[0][0] > WINDOW:
            self._bytes -= pictures.popleft()[1]

    @property
    def lived(self) -> float:
        """Seconds from the first picture to the last one; 0 for none."""
        return 0.0 if self.first is None else max(self._last - self.first, 1e-3)

    @property
    def interval(self) -> float:
        """Median seconds between two pictures; 0 while it is unknown."""
        times = [time for time, _ in self._pictures]
        gaps = [after - before for before, after in pairwise(times)]
        return median(gaps) if gaps else 0.0

    @property
    def limit(self) -> float:
        """Seconds without a picture that are a stall."""
        return max(self._stall_after, INTERVALS * self.interval)

    def silent(self, now: float) -> float:
        """Seconds since the last picture, or since the attempt began."""
        return now - self._last

    def verdict(self, now: float) -> Verdict:
        """To be asked several times a second."""
        stood = now - self._asked
        self._asked = now
        if stood > STOOD_STILL:
            # A suspended machine or a stopped process: what came meanwhile is still in the pipe.
            self._last = min(self._last + stood, now)
        silent = now - self._last
        if self.first is None:
            return "dead" if silent > max(FIRST_PICTURE, self.limit) else "waiting"
        if silent <= self._stall_after:
            return "fine"
        limit = self.limit
        if silent <= limit:
            return "fine"
        dead = max(DEAD_AFTER, self._stall_after + DEAD_BEHIND_STALL, limit + DEAD_BEHIND_STALL)
        return "dead" if silent > dead else "stalled"

    def rates(self, now: float) -> tuple[float, int]:
        """Pictures a second and bits a second, over the last seconds."""
        pictures = self._pictures
        if len(pictures) < 2 or self.first is None:
            return 0.0, 0
        begin, size = pictures[0]
        interval = (self._last - begin) / (len(pictures) - 1)
        # While nothing comes the rate sinks; within the usual interval it does not flicker.
        span = max(self._last, now - 1.5 * interval) - begin
        if span <= 0:
            return 0.0, 0
        return (len(pictures) - 1) / span, round((self._bytes - size) * 8 / span)
