"""One thread that owns a model: its work as async streams, stopped and watched from outside."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from models.engine import FatalEngineError
from speech import threads

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a thread may be silent.

    Attributes:
        piece: Seconds until the next piece; then the work is told to stop.
        stop: Seconds that work has to end after it was told to; then the thread counts as lost.
    """

    piece: float = 300.0
    stop: float = 60.0


class DaemonThread(Executor):
    """An executor with one thread that never keeps the process from ending.

    A call into a driver that does not come back would otherwise hold up the exit for ever.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Raises RuntimeError after ``shutdown``."""
        if self._closed:
            raise RuntimeError("the thread has been told to end")
        future: Future[T] = Future()
        self._calls.put(lambda: _run(future, lambda: fn(*args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """No more calls; those that wait are still made."""
        if not self._closed:
            self._closed = True
            self._calls.put(None)
        if wait:
            self._thread.join()

    def _loop(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


def _run(future: Future[T], call: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)


class Worker:
    """Runs one piece of work after the other in a thread of its own."""

    def __init__(
        self, name: str, stop: Callable[[], None], patience: Patience | None = None
    ) -> None:
        """``stop`` makes the work that is running end soon; it is called from any thread."""
        self._executor = DaemonThread(name)
        self._stop = stop
        self._patience = patience or Patience()
        self._lock = threading.Lock()
        self._running: object = None
        self._stopped_at: float | None = None

    async def call(self, function: Callable[[], T]) -> T:
        """The result of ``function``, run in the thread."""
        return await asyncio.wrap_future(self._executor.submit(function))

    async def stream(self, work: Callable[[threads.Sink[T]], None]) -> AsyncGenerator[T, None]:
        """What ``work`` puts into its sink; closing the stream stops it and does not wait for it.

        Raises:
            FatalEngineError: The thread is stuck, in this work or in an earlier one.
        """
        ticket = object()
        pieces: AsyncGenerator[T, None] = threads.stream(
            self._executor, lambda sink: self._ticketed(ticket, work, sink)
        )
        try:
            while (piece := await self._next(pieces, ticket)) is not None:
                yield piece
        finally:
            await pieces.aclose()
            self._stop_work(ticket)

    async def aclose(self, last: Callable[[], None], timeout: float) -> bool:
        """Stops what runs, runs ``last``, ends the thread; False when it did not end in time."""
        with self._lock:
            running = self._running
        self._stop_work(running)
        try:
            ending = asyncio.wrap_future(self._executor.submit(last))
        except RuntimeError:
            return True
        self._executor.shutdown(wait=False)
        try:
            async with asyncio.timeout(timeout):
                await ending
        except TimeoutError:
            return False
        return True

    def _ticketed(
        self, ticket: object, work: Callable[[threads.Sink[T]], None], sink: threads.Sink[T]
    ) -> None:
        with self._lock:
            self._running = ticket
        try:
            work(sink)
        finally:
            with self._lock:
                self._running, self._stopped_at = None, None

    def _stop_work(self, ticket: object) -> None:
        """Only what runs under ``ticket``: never the work of whoever came next."""
        with self._lock:
            if ticket is None or self._running is not ticket or self._stopped_at is not None:
                return
            self._stopped_at = time.monotonic()
            self._stop()

    async def _next(self, pieces: AsyncGenerator[T, None], ticket: object) -> T | None:
        """The next piece, None at the end."""
        waiting = asyncio.ensure_future(anext(pieces, None))
        since = time.monotonic()
        try:
            while not waiting.done():
                await asyncio.wait({waiting}, timeout=self._watch(ticket, since))
            return waiting.result()
        finally:
            waiting.cancel()
            while not waiting.done():  # also when cancelled again, as a server does that stops
                with suppress(asyncio.CancelledError):
                    await asyncio.wait({waiting})

    def _watch(self, ticket: object, since: float) -> float:
        """Does what is due at this time; gives the seconds until it must be asked again."""
        patience, now = self._patience, time.monotonic()
        with self._lock:
            if self._stopped_at is not None:
                left = self._stopped_at + patience.stop - now
                if left <= 0:
                    raise FatalEngineError(f"the model did not stop within {patience.stop:g} s")
                return left
            if self._running is not ticket:
                return min(patience.piece, patience.stop)
            left = since + patience.piece - now
            if left <= 0:
                self._stopped_at = now
                self._stop()
                return patience.stop
            return left
