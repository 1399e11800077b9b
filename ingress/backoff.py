"""How long to wait before a source is tried again. Pure: times are handed in."""

from __future__ import annotations

import random
from collections.abc import Callable

from ingress.reader.messages import FailureKind

GOOD_RUN = 30.0
"""Seconds with pictures after which the next try is at once."""

QUICK, QUICK_TRIES = 2.0, 20
"""After pictures the waits stay this short, in seconds, for so many tries: a camera that restarts,
or whose cable is moved, is back before anybody looks why it was gone.
"""


def jitter() -> float:
    """A factor of 0.8 to 1.2, so that sources that went together do not come back together."""
    return random.uniform(0.8, 1.2)


class Backoff:
    """Waits that double from failure to failure.

    `first` to `longest` seconds, and after wrong credentials `auth_first` to `auth_longest`: many
    cameras lock whoever keeps trying.
    """

    def __init__(
        self,
        *,
        first: float = 1.0,
        longest: float = 30.0,
        auth_first: float = 30.0,
        auth_longest: float = 300.0,
        factor: Callable[[], float] = jitter,
    ) -> None:
        self._first, self._longest = first, longest
        self._auth_first, self._auth_longest = auth_first, auth_longest
        self._factor = factor
        self.reset()

    def reset(self) -> None:
        """The next failure is the first one again."""
        self._next, self._next_auth = self._first, self._auth_first
        self._quick = 0

    def wait(self, kind: FailureKind, lived: float) -> float:
        """Seconds until the next try, after a run that had pictures for `lived` seconds (0: none).
        After pictures it is the first failure again.
        """
        if lived > 0:
            self.reset()
            self._quick = QUICK_TRIES
        if lived >= GOOD_RUN:
            return 0.0
        if kind == "auth":
            pause = self._next_auth
            self._next_auth = min(pause * 2, self._auth_longest)
            return pause * self._factor()
        pause = self._next
        self._quick = max(self._quick - 1, 0)
        self._next = min(pause * 2, QUICK if self._quick else self._longest)
        return pause * self._factor()
