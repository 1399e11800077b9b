"""Whether the engine is up, and how long to wait before it is asked again. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass

BACKOFF_FIRST = 0.5
BACKOFF_MAX = 10.0
"""Seconds between attempts: doubled from the first to the last, then for ever."""
STARTING_WAIT = 1.5
"""Seconds between attempts while the engine loads its model."""
JITTER = 0.2
"""Largest part by which a wait is shortened, so that many rooms do not ask at once."""
LATE_MAX = 3
"""Requests in a row without an answer in time after which the engine counts as down."""


@dataclass(frozen=True, slots=True)
class EngineState:
    """What is known of the engine; ``reason`` is one line when it is not up."""

    up: bool
    reason: str = ""


class Health:
    """Counts failures. ``state`` is None until the engine was first asked."""

    def __init__(self, rng: random.Random | None = None, *, first: float = BACKOFF_FIRST) -> None:
        """``first``: seconds until the first attempt after a failure."""
        self.state: EngineState | None = None
        self._rng = rng or random.Random()
        self._first = first
        self.failures = 0
        self._late = 0
        self._starting = False

    def reached(self) -> bool:
        """The engine answers at all. Returns whether that is news; keeps the backoff."""
        return self._change(EngineState(up=True))

    def answered(self) -> bool:
        """The engine served a request. Returns whether it was not up before."""
        self.failures = self._late = 0
        return self.reached()

    def failed(self, reason: str, *, starting: bool = False) -> bool:
        """A request failed; ``starting``: since the engine is there and loads its model.

        Returns whether that is news.
        """
        self.failures += 1
        self._starting = starting
        return self._change(EngineState(up=False, reason=reason))

    def late(self, reason: str) -> bool:
        """A request got no answer in time; a few in a row are a failure."""
        self._late += 1
        return self._late >= LATE_MAX and self.failed(reason)

    def wait(self) -> float:
        """Seconds until the next attempt; 0 after a success."""
        if not self.failures:
            return 0.0
        full = min(BACKOFF_MAX, self._first * 2.0 ** min(self.failures - 1, 16))
        full = min(full, STARTING_WAIT) if self._starting else full
        return full * (1.0 - JITTER * self._rng.random())

    def _change(self, state: EngineState) -> bool:
        news = state != self.state
        self.state = state
        return news
