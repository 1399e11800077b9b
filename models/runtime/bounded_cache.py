"""What was costly to make, by content; what was used longest ago goes first. Pure."""

from __future__ import annotations

import sys
from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class BoundedCache(Generic[T]):
    """Bounded by bytes, and by count where that is wanted."""

    def __init__(self, limit: int, count: int = sys.maxsize) -> None:
        """At most ``count`` things of together ``limit`` bytes."""
        self._limit = limit
        self._count = count
        self._things: OrderedDict[bytes, tuple[T, int]] = OrderedDict()
        self.bytes = 0

    def get(self, key: bytes) -> T | None:
        held = self._things.get(key)
        if held is None:
            return None
        self._things.move_to_end(key)
        return held[0]

    def put(self, key: bytes, thing: T, size: int) -> None:
        """A new one; one that is larger than all may be together is not kept."""
        self._things[key] = (thing, size)
        self.bytes += size
        while len(self._things) > self._count or self.bytes > self._limit:
            _, (_, freed) = self._things.popitem(last=False)
            self.bytes -= freed

    def clear(self) -> None:
        self._things.clear()
        self.bytes = 0
