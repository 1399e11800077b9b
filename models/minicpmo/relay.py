"""The thread that the model runs in, so that what it makes can be taken out while it goes on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")
P = TypeVar("P")


class Relay:
    """Runs calls in one thread, one after the other. The model's code blocks; this waits for it."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    def call(self, function: Callable[[], T]) -> T:
        """The result of ``function``, or what it raised."""
        return self._submit(function).result()

    def stream(
        self, work: Callable[[Callable[[P], None]], None], stop: Callable[[], None]
    ) -> Generator[P, None, None]:
        """What ``work`` hands over, as soon as it does; then what it raised, if anything.

        Leaving early calls ``stop`` and waits until ``work`` has ended. Pieces wait without a
        bound, since an answer has one.
        """
        pieces: queue.SimpleQueue[tuple[P] | None] = queue.SimpleQueue()

        def run() -> None:
            try:
                work(lambda piece: pieces.put((piece,)))
            finally:
                pieces.put(None)

        job = self._submit(run)
        try:
            while (held := pieces.get()) is not None:
                yield held[0]
        except BaseException:
            stop()
            job.exception()
            raise
        job.result()

    def close(self) -> None:
        """Ends the thread after what it has been given. May be called more than once."""
        self._closed = True
        self._jobs.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _submit(self, function: Callable[[], T]) -> Future[T]:
        if self._closed:
            raise RuntimeError("the model's thread has ended")
        future: Future[T] = Future()

        def job() -> None:
            try:
                future.set_result(function())
            except BaseException as error:
                future.set_exception(error)

        self._jobs.put(job)
        return future

    def _loop(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
