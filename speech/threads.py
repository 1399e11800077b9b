"""Blocking work that gives its result piece by piece, as an async stream."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor
from typing import Generic, TypeVar

T = TypeVar("T")


class _End:
    """Stands behind the last piece; carries what went wrong."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Sink(Generic[T]):
    """What the blocking side sees: where to put pieces, and whether anyone still wants them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, queue: asyncio.Queue[T | _End]) -> None:
        self._loop = loop
        self._queue = queue
        self._cancelled = threading.Event()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        self._cancelled.set()

    def put(self, piece: T) -> bool:
        """Hand over a piece; False when nobody wants more."""
        if self.cancelled:
            return False
        self._call(piece)
        return True

    def end(self, error: BaseException | None = None) -> None:
        self._call(_End(error))

    def _call(self, piece: T | _End) -> None:
        try:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, piece)
        except RuntimeError:  # the loop is closed: nobody listens any more
            self._cancelled.set()


async def stream(executor: Executor, work: Callable[[Sink[T]], None]) -> AsyncGenerator[T, None]:
    """Runs ``work`` in ``executor`` and yields what it puts into its sink.

    The work must end on its own after a bounded number of pieces, since its thread is shared and
    never waits for a slow reader. Closing the stream cancels the sink at once; the thread is free
    as soon as the work looks at it. What the work raises is raised here.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[T | _End] = asyncio.Queue()
    sink: Sink[T] = Sink(loop, queue)
    future = executor.submit(_run, sink, work)
    try:
        while True:
            piece = await queue.get()
            if isinstance(piece, _End):
                if piece.error is not None:
                    raise piece.error
                return
            yield piece
    finally:
        sink.cancel()
        future.cancel()


def _run(sink: Sink[T], work: Callable[[Sink[T]], None]) -> None:
    if sink.cancelled:
        return
    try:
        work(sink)
    except BaseException as error:
        sink.end(error)
    else:
        sink.end()
