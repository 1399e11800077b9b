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


@dataclass(slots=True)
class _Work:
    """Something that is to run in the thread; ``told``: when it was told to stop."""

    sink: threads.Sink[Any] | None = None
    told: float | None = None

    def stop(self) -> None:
        """It ends when it looks at its sink, which it does all the time."""
        if self.told is None:
            self.told = time.monotonic()
            if self.sink is not None:
                self.sink.cancel()


class Worker:
    """Runs one piece of work after the other in a thread of its own."""

    def __init__(self, name: str, patience: Patience | None = None) -> None:
        self._executor = DaemonThread(name)
        self._patience = patience or Patience()
        self._running: _Work | None = None

    async def call(self, function: Callable[[], T]) -> T:
        """The result of ``function``, run in the thread."""
        return await asyncio.wrap_future(self._executor.submit(function))

    async def stream(self, work: Callable[[threads.Sink[T]], None]) -> AsyncGenerator[T, None]:
        """What ``work`` puts into its sink; closing the stream stops it and does not wait for it.

        Raises:
            FatalEngineError: The thread is stuck, in this work or in an earlier one.
        """
        own = _Work()
        pieces: AsyncGenerator[T, None] = threads.stream(
            self._executor, lambda sink: self._run(own, work, sink)
        )
        try:
            while (piece := await self._next(pieces, own)) is not None:
                yield piece
        finally:
            own.stop()
            await pieces.aclose()

    async def aclose(self, last: Callable[[], None], timeout: float) -> bool:
        """Stops what runs, runs ``last``, ends the thread; False when it did not end in time."""
        if running := self._running:
            running.stop()
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

    def _run(
        self, own: _Work, work: Callable[[threads.Sink[T]], None], sink: threads.Sink[T]
    ) -> None:
        own.sink = sink
        self._running = own
        try:
            work(sink)
        finally:
            self._running = None

    async def _next(self, pieces: AsyncGenerator[T, None], own: _Work) -> T | None:
        """The next piece, None at the end."""
        waiting = asyncio.ensure_future(anext(pieces, None))
        since = time.monotonic()
        try:
            while not waiting.done():
                await asyncio.wait({waiting}, timeout=self._watch(own, since))
            return waiting.result()
        finally:
            waiting.cancel()
            while not waiting.done():  # also when cancelled again, as a server does that stops
                with suppress(asyncio.CancelledError):
                    await asyncio.wait({waiting})

    def _watch(self, own: _Work, since: float) -> float:
        """Does what is due at this time; gives the seconds until it must be asked again."""
        patience, now = self._patience, time.monotonic()
        running = self._running
        if running is own and now - since >= patience.piece:
            running.stop()
        if running is None or running.told is None:
            return min(patience.piece, patience.stop)
        left = running.told + patience.stop - now
        if left <= 0:
            raise FatalEngineError(f"the model did not stop within {patience.stop:g} s")
        return left
