"""A sum that only grows, over counters that come and go. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Totals:
    """What Prometheus wants of a counter: without it a source that is removed would look like a
    restart, and all others would count once more.
    """

    def __init__(self) -> None:
        self._sum = 0.0
        self._last: Mapping[Any, float] = {}

    def of(self, counts: Mapping[Any, float]) -> float:
        """The sum of all that was ever counted, and what each stands at now; one that is lower than
        at the last call has begun anew.
        """
        for key, count in counts.items():
            before = self._last.get(key, 0.0)
            self._sum += count - before if count >= before else count
        self._last = dict(counts)
        return self._sum
