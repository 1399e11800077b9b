"""Who is served next: one of each room in turn. Pure."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class QueueFullError(Exception):
    """No place is left; the text says for whom."""


class FairQueue(Generic[T]):
    """Waiting requests, served round robin over rooms, in order of arrival within a room.

    A room that has just been served goes behind all the others, so one that asks a lot never
    makes another wait for more than one of its requests a turn.
    """

    def __init__(self, limit: int, room_limit: int) -> None:
        """At most ``limit`` items wait in all, ``room_limit`` of them for one room.

        Raises:
            ValueError: A limit is below one.
        """
        if limit < 1 or room_limit < 1:
            raise ValueError("a queue needs room for at least one request")
        self._limit = limit
        self._room_limit = room_limit
        self._rooms: OrderedDict[str, deque[T]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def push(self, room: str, item: T) -> None:
        """Let ``item`` wait. Raises QueueFullError."""
        if self._length >= self._limit:
            raise QueueFullError("the engine's queue is full")
        waiting = self._rooms.get(room)
        if waiting is not None and len(waiting) >= self._room_limit:
            raise QueueFullError("this room has too many requests waiting")
        self._rooms.setdefault(room, deque()).append(item)
        self._length += 1

    def pop(self) -> T | None:
        """The next one, None when nobody waits."""
        if not self._rooms:
            return None
        room, waiting = next(iter(self._rooms.items()))
        item = waiting.popleft()
        self._length -= 1
        if waiting:
            self._rooms.move_to_end(room)
        else:
            del self._rooms[room]
        return item

    def remove(self, room: str, item: T) -> bool:
        """Forget ``item``; False when it no longer waits."""
        waiting = self._rooms.get(room)
        if waiting is None or item not in waiting:
            return False
        waiting.remove(item)
        self._length -= 1
        if not waiting:
            del self._rooms[room]
        return True
