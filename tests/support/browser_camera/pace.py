"""When a piece of media is due: one monotonic clock, resynchronised after a long stop."""

from __future__ import annotations

LATE = 0.05
"""Seconds after which a picture is left out, so that the next ones are in time."""

LOST = 1.0
"""Seconds of lag after which playing goes on from where it is instead of catching up."""


class Pace:
    """Ties media time to a clock. All times in seconds; the clock is given by the caller."""

    def __init__(self) -> None:
        self._origin: float | None = None

    def due(self, media_time: float, now: float) -> float:
        """The clock's time at which the piece is due; the first piece is due at once."""
        if self._origin is None or now - (self._origin + media_time) > LOST:
            self._origin = now - media_time
        return self._origin + media_time

    def too_late(self, media_time: float, now: float) -> bool:
        """Whether a picture should be left out."""
        return now - self.due(media_time, now) > LATE
