"""A few things that were costly to make, by content; those used longest ago go first. Pure."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from typing import Generic, TypeVar

import numpy as np

from models.runtime.parts import Frame, Part

T = TypeVar("T")


class Kept(Generic[T]):
    """Bounded by count and by bytes."""

    def __init__(self, count: int, limit: int) -> None:
        """At most ``count`` things of together ``limit`` bytes."""
        self._count = count
        self._limit = limit
        self._things: OrderedDict[bytes, tuple[T, int]] = OrderedDict()

    def get(self, key: bytes) -> T | None:
        held = self._things.get(key)
        if held is None:
            return None
        self._things.move_to_end(key)
        return held[0]

    def put(self, key: bytes, thing: T, size: int) -> None:
        """One that is larger than all may be together is not kept."""
        self._things[key] = (thing, size)
        self._things.move_to_end(key)
        while len(self._things) > self._count or self.bytes > self._limit:
            self._things.popitem(last=False)

    def clear(self) -> None:
        self._things.clear()

    @property
    def bytes(self) -> int:
        return sum(size for _, size in self._things.values())


def content_key(parts: Iterable[Part]) -> bytes:
    """Equal for equal content."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            kind, data = "text", part.encode("utf-8", "replace")
        elif isinstance(part, Frame):
            kind, data = f"frame{part.rgb.shape}", np.ascontiguousarray(part.rgb).tobytes()
        else:
            kind, data = "sound", np.ascontiguousarray(part.samples).tobytes()
        digest.update(f"{kind} {len(data)}\0".encode())
        digest.update(data)
    return digest.digest()
