"""Who has asked of late: whether an answer must say whom it is for. Pure."""

from __future__ import annotations

from collections.abc import Iterable

RECENT = 60.0
"""Seconds after an answer for which its asker counts."""


class Askers:
    """Times are `time.monotonic()` seconds."""

    def __init__(self) -> None:
        self._answered: dict[str, float] = {}

    def answered(self, asker: str, now: float) -> None:
        """The answer to that identity is over."""
        self._forget(now)
        self._answered[asker] = now

    def several(self, waiting: Iterable[str], now: float) -> bool:
        """Whether those who wait, and those answered a moment ago, are more than one."""
        self._forget(now)
        return len(self._answered.keys() | set(waiting)) > 1

    def _forget(self, now: float) -> None:
        kept = {who: at for who, at in self._answered.items() if now - at < RECENT}
        self._answered = kept
