"""Where a source's times lie on the monotonic clock."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """All times in seconds. `Timeline` is the one of a live source, `Pace` that of a film."""

    def place(self, pts: float | None, arrived: float) -> float:
        """When a picture is to be shown: monotonic, larger than every time before."""

    def at(self, pts: float | None, arrived: float) -> float:
        """Where a piece of sound lies on the same line. Moves nothing."""
