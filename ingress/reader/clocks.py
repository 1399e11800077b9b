"""Where a source's times lie on the monotonic clock."""

from __future__ import annotations

from typing import Protocol

from ingress.reader.pacing import Pace
from ingress.reader.timeline import STEP


class Clock(Protocol):
    """All times in seconds. `Timeline` is the one of a live source."""

    def place(self, pts: float | None, arrived: float) -> float:
        """When a picture is to be shown: monotonic, larger than every time before."""

    def at(self, pts: float | None, arrived: float) -> float:
        """Where a piece of sound lies on the same line. Moves nothing."""


class FilmClock:
    """The `Clock` of a film: `Pace` says what is due when, and nothing depends on arrival."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._last = float("-inf")

    def place(self, pts: float | None, arrived: float) -> float:
        """As in `Clock`."""
        self._last = max(self.at(pts, arrived), self._last + STEP)
        return self._last

    def at(self, pts: float | None, arrived: float) -> float:
        """As in `Clock`."""
        return arrived if pts is None else self._pace.at(pts, arrived)
