"""Puts a source's own timestamps on the monotonic clock: smooth, increasing, and never far off."""

from __future__ import annotations

from collections import deque

STEP = 0.001
"""Seconds between two pictures at least."""

JUMP = 1.0
"""Seconds by which a timestamp may be off before its clock has jumped, or the picture is late."""

EARLY, LATE = 3.0, 30.0
"""Seconds that sound may come before or behind its picture; further off it has a clock of its own.
"""

PATIENCE = 2.0
"""Seconds of late pictures after which they count as on time: a stall that is made up for is over
by then."""

RISE = 0.002
"""Seconds a second by which the line gives way to pictures that come later: more than any crystal
drifts, and so little that nobody sees it."""

TRIES, WITHIN = 3, 300.0
"""So often within so many seconds the timestamps may fall behind; then they are not believed."""


class Timeline:
    """The times of a live source on the monotonic clock, in seconds, without their jitter.

    A picture's time is its timestamp plus an offset, and the offset is the least of what
    (arrival - timestamp) has been: pictures that were held up on the way keep their places between
    the others. It gives way by RISE, so that it follows a source whose clock is slow.
    """

    def __init__(self) -> None:
        self._offset: float | None = None
        self._at = 0.0
        self._source = 0.0
        self._last = float("-inf")
        self._late_since: float | None = None
        self._resets: deque[float] = deque(maxlen=TRIES)
        self._believed = self._says = True

    def place(self, pts: float | None, arrived: float) -> float:
        """When a picture with this timestamp (of any clock; None for none) is to be shown.

        Larger than every time before; never later than its arrival, but for STEP from picture to
        picture of a burst.
        """
        time = arrived
        self._says = pts is not None and self._believed and not self._repeats(pts)
        if pts is not None and self._says:
            time = max(pts + self._moved(pts, arrived), arrived - JUMP)
        self._last = max(time, self._last + STEP)
        return self._last

    def at(self, pts: float | None, arrived: float) -> float:
        """Where a piece of sound with this timestamp lies on the pictures' line. Moves nothing."""
        if pts is None or self._offset is None or not self._says:
            return arrived
        time = pts + self._offset
        return time if -EARLY < arrived - time < LATE else arrived

    def _repeats(self, pts: float) -> bool:
        """The same timestamp again says nothing, and the line stays."""
        return self._offset is not None and pts == self._source

    def _moved(self, pts: float, arrived: float) -> float:
        """The offset for this picture."""
        fresh, passed, step = arrived - pts, arrived - self._at, pts - self._source
        offset = self._offset
        if offset is None or step < -JUMP or step > passed + JUMP:
            offset, self._late_since = fresh, None
        else:
            offset = min(offset + RISE * max(0.0, passed), fresh)
            if self._late_for_good(fresh - offset, arrived):
                offset = fresh
        self._offset, self._source, self._at = offset, pts, arrived
        return offset

    def _late_for_good(self, late: float, now: float) -> bool:
        if late <= JUMP:
            self._late_since = None
        elif self._late_since is None:
            self._late_since = now
        elif now - self._late_since > PATIENCE:
            self._late_since = None
            self._resets.append(now)
            # It keeps falling behind: these are no times of this world.
            if len(self._resets) == TRIES and now - self._resets[0] < WITHIN:
                self._believed = False
            return True
        return False
