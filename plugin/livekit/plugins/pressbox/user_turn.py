"""Somebody is speaking: until they have done so, nothing is commented on."""

from __future__ import annotations

import asyncio
from typing import Any

from .commentator import Commentator

ENDS_AFTER = 2.0
"""Seconds without a sign of somebody speaking after which they have done so, if nobody said it."""


class UserTurn:
    """Pauses the commentary while somebody speaks, and while whoever owns the session wants it."""

    def __init__(self, commentator: Commentator[Any]) -> None:
        self._commentator = commentator
        self._paused = False
        self._end: asyncio.TimerHandle | None = None
        """Somebody is speaking until then."""

    def pause(self) -> None:
        """The owner wants no commentary."""
        self._paused = True
        self._commentator.pause()

    def resume(self) -> None:
        """The owner wants it again."""
        self._paused = False
        if self._end is None:
            self._commentator.resume()

    def go_on(self) -> None:
        """Somebody speaks, or still does; what is or was to be said falls silent."""
        if self._end is None:
            self._commentator.silence()
            self._commentator.pause()
        else:
            self._end.cancel()
        self._end = asyncio.get_running_loop().call_later(ENDS_AFTER, self.end)

    def end(self) -> None:
        """They have done so. Idempotent."""
        if self._end is None:
            return
        self._end.cancel()
        self._end = None
        if not self._paused:
            self._commentator.resume()
