"""Unix time at the public edge, tied to the monotonic clock once."""

from __future__ import annotations

import time


class UnixClock:
    """Turns `time.monotonic()` seconds into Unix time.

    The offset is read once: a step of the wall clock (NTP, a person) must not tear apart the times
    of a frame and of the line about it.
    """

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def microseconds(self, monotonic: float) -> int:
        """Unix time in whole microseconds, as frames carry it."""
        return round((monotonic + self._offset) * 1_000_000)

    def seconds(self, monotonic: float) -> float:
        """Unix time in seconds, rounded to the same microsecond that the frame carries."""
        return self.microseconds(monotonic) / 1_000_000
