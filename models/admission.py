"""Lets a bounded number of requests run at a time; the others wait in a fair queue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from models.errors import ApiError
from models.fair_queue import FairQueue, QueueFullError

RETRY_AFTER = 1
"""Seconds that a client is told to wait when the queue is full."""

_Ticket = asyncio.Future[None]


class Admission:
    """Slots and the queue before them. Used from one event loop."""

    def __init__(self, slots: int, waiting: int, waiting_per_room: int) -> None:
        """Raises ValueError when a number is below one."""
        if slots < 1:
            raise ValueError("an engine needs at least one slot")
        self._free = slots
        self._running = 0
        self._queue: FairQueue[_Ticket] = FairQueue(waiting, waiting_per_room)
        self._closed = False

    @property
    def running(self) -> int:
        return self._running

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @asynccontextmanager
    async def slot(self, room: str, deadline: float | None) -> AsyncIterator[None]:
        """Holds a slot; waits for it at most until ``deadline`` (loop time, seconds).

        Raises:
            ApiError: 429 the queue is full, 503 the deadline passed or the server stops.
        """
        await self._acquire(room, deadline)
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            self._release()

    def close(self) -> None:
        """Turn away everybody who waits or comes later; who runs goes on."""
        self._closed = True
        while (ticket := self._queue.pop()) is not None:
            if not ticket.done():
                ticket.set_exception(stopping())

    async def _acquire(self, room: str, deadline: float | None) -> None:
        if self._closed:
            raise stopping()
        if self._free and not len(self._queue):
            self._free -= 1
            return
        ticket: _Ticket = asyncio.get_running_loop().create_future()
        try:
            self._queue.push(room, ticket)
        except QueueFullError as error:
            raise ApiError(429, str(error), code="queue_full", retry_after=RETRY_AFTER) from None
        try:
            async with asyncio.timeout_at(deadline):
                await ticket
        except BaseException as error:
            self._leave(room, ticket)
            if isinstance(error, TimeoutError):
                raise deadline_exceeded() from None
            raise

    def _leave(self, room: str, ticket: _Ticket) -> None:
        """A slot that was handed over just before its taker left goes to the next one."""
        if self._queue.remove(room, ticket):
            return
        if ticket.done() and not ticket.cancelled() and ticket.exception() is None:
            self._release()

    def _release(self) -> None:
        while (ticket := self._queue.pop()) is not None:
            if not ticket.done():
                ticket.set_result(None)
                return
        self._free += 1


def deadline_exceeded() -> ApiError:
    """The request waited until its answer was no longer wanted."""
    return ApiError(503, "the request was still queued at its deadline", code="deadline_exceeded")


def stopping() -> ApiError:
    """The server ends."""
    return ApiError(503, "the engine server is stopping", code="shutting_down", retry_after=5)
