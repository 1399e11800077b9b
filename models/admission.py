"""Lets a bounded number of requests run at a time; the others wait, fairly over rooms.

Rooms are served in turn, and within a room in order of arrival. One that has just been served goes
behind all the others, so that a room that asks a lot never makes another wait for more than one of
its requests a turn.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from models.errors import ApiError

RETRY_AFTER = 1
"""Seconds that a client is told to wait when the queue is full."""

_Ticket = asyncio.Future[None]


class Admission:
    """Slots and the queue before them. Used from one event loop."""

    def __init__(self, slots: int, waiting: int, waiting_per_room: int) -> None:
        """At most ``waiting`` wait in all, ``waiting_per_room`` of them for one room.

        Raises ValueError when a number is below one.
        """
        if min(slots, waiting, waiting_per_room) < 1:
            raise ValueError("an engine needs at least one slot, and place for one to wait")
        self.running = 0
        self._free = slots
        self._most, self._most_per_room = waiting, waiting_per_room
        self._rooms: OrderedDict[str, deque[_Ticket]] = OrderedDict()
        self._closed = False

    @property
    def waiting(self) -> int:
        return sum(map(len, self._rooms.values()))

    @asynccontextmanager
    async def slot(self, room: str, deadline: float | None) -> AsyncIterator[None]:
        """Holds a slot; waits for it at most until ``deadline`` (loop time, seconds).

        Raises:
            ApiError: 429 the queue is full, 503 the deadline passed or the server stops.
        """
        await self._acquire(room, deadline)
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1
            self._release()

    def close(self) -> None:
        """Turn away everybody who waits or comes later; who runs goes on."""
        self._closed = True
        while (ticket := self._next()) is not None:
            ticket.set_exception(stopping())

    async def _acquire(self, room: str, deadline: float | None) -> None:
        if self._closed:
            raise stopping()
        if self._free:  # and so nobody waits
            self._free -= 1
            return
        ticket = self._queued(room)
        try:
            async with asyncio.timeout_at(deadline):
                await ticket
        except BaseException as error:
            self._leave(room, ticket)
            if isinstance(error, TimeoutError):
                raise _deadline_exceeded() from None
            raise

    def _queued(self, room: str) -> _Ticket:
        if self.waiting >= self._most:
            raise _full("the engine's queue is full")
        if len(self._rooms.get(room, ())) >= self._most_per_room:
            raise _full("this room has too many requests waiting")
        ticket: _Ticket = asyncio.get_running_loop().create_future()
        self._rooms.setdefault(room, deque()).append(ticket)
        return ticket

    def _leave(self, room: str, ticket: _Ticket) -> None:
        """A slot that was handed over just before its taker left goes to the next one."""
        if ticket in self._rooms.get(room, ()):
            self._rooms[room].remove(ticket)
            if not self._rooms[room]:
                del self._rooms[room]
        elif ticket.done() and not ticket.cancelled() and ticket.exception() is None:
            self._release()

    def _release(self) -> None:
        ticket = self._next()
        if ticket is None:
            self._free += 1
        else:
            ticket.set_result(None)

    def _next(self) -> _Ticket | None:
        """Takes the one whose turn it is out of the queue; not one who is just leaving."""
        while self._rooms:
            room, waiting = self._rooms.popitem(last=False)
            ticket = waiting.popleft()
            if waiting:
                self._rooms[room] = waiting
            if not ticket.done():
                return ticket
        return None


def _full(message: str) -> ApiError:
    return ApiError(429, message, code="queue_full", retry_after=RETRY_AFTER)


def _deadline_exceeded() -> ApiError:
    """The request waited until its answer was no longer wanted."""
    return ApiError(503, "the request was still queued at its deadline", code="deadline_exceeded")


def stopping() -> ApiError:
    """The server ends."""
    return ApiError(503, "the engine server is stopping", code="shutting_down", retry_after=5)
