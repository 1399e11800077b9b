"""Runs async code on a clock that jumps: hours pass in milliseconds, and always in the same way.

    @virtual
    async def test_that_waits(fake_rtc: FakeRtc) -> None:
        await asyncio.sleep(3600)

`time.monotonic`, `time.perf_counter` and `time.time` follow the same clock while the test runs, for
code that reads them as attributes of `time` when it runs; a reference taken at import is the real
clock still. Fixtures of such a test are ordinary ones: an async fixture lives on another loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import selectors
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, TypeVarTuple, Unpack
from unittest import mock

import pytest

from tests.support.leaks import leaked_tasks

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

START = 1_000.0
"""Seconds on the clock when a run begins; not 0, which some take for "never"."""

EPOCH = 1_700_000_000.0
"""What `time.time` is ahead of the clock, in seconds."""

THREAD_LIMIT = 30.0
"""Real seconds that work in a thread may take."""

SOCKET_GRACE = 0.005
"""Real seconds that sockets get to bring something before the clock jumps."""

SPINS = 1_000_000
"""Turns of the loop without any time passing that are taken for an endless loop."""

_ASYNCIO = Path(asyncio.__file__).parent


class VirtualTimeError(RuntimeError):
    """The code under test can go no further, and the message says where it waits."""


def virtual(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Decorates an async test: it runs on virtual time, and fails if it leaves a task running."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        run_virtual(test(*args, **kwargs))

    return run


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """The result of `main`. Raises VirtualTimeError where it would wait for ever, and fails the
    test if a task is left or a callback of the loop has failed.
    """
    loop = VirtualTimeLoop()
    failures: list[str] = []
    loop.set_exception_handler(lambda _, context: failures.append(_told(context)))
    with _patched(loop), asyncio.Runner(loop_factory=lambda: loop) as runner:
        result = runner.run(_watched(main))
    if failures:
        pytest.fail("in the event loop: " + "; ".join(failures))
    return result


@contextlib.contextmanager
def working_outside() -> Iterator[None]:
    """While a thread that did not come by `run_in_executor` works for the code under test: the
    running virtual loop waits for it and does not jump.
    """
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualTimeLoop):
        raise TypeError("not on virtual time: decorate the test with @virtual")
    with loop.working_outside():
        yield


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock stands while something is ready, and else jumps to the next timer.

    While work is in an executor it waits for real and does not jump.
    """

    def __init__(self) -> None:
        self._now = START
        self._outside = 0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self._now

    def unix_time(self) -> float:
        """What `time.time` says, in seconds."""
        return EPOCH + self._now

    def jump(self, seconds: float) -> None:
        """Move the clock on."""
        self._now += seconds

    @property
    def busy_outside(self) -> bool:
        """Whether something that is not on this loop works for it."""
        return self._outside > 0

    @contextlib.contextmanager
    def working_outside(self) -> Iterator[None]:
        """The clock stands as long."""
        self._outside += 1
        try:
            yield
        finally:
            self._outside -= 1

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        if executor is None:
            executor = self._own_executor()
        submitted = _Submitted(executor)
        future: asyncio.Future[T] = super().run_in_executor(submitted, func, *args)
        self._outside += 1
        # Added after the loop's own callback: the result is there before the clock may jump.
        submitted.future.add_done_callback(self._thread_done)
        return future

    async def shutdown_default_executor(self) -> None:
        with self.working_outside():
            await super().shutdown_default_executor()

    def _own_executor(self) -> Executor:
        executor: ThreadPoolExecutor | None = getattr(self, "_default_executor", None)
        if executor is None:
            executor = ThreadPoolExecutor(thread_name_prefix="virtual")
            self.set_default_executor(executor)
        return executor

    def _thread_done(self, _: Future[Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody counts any more
            self.call_soon_threadsafe(self._one_less)

    def _one_less(self) -> None:
        self._outside -= 1


class _Submitted(Executor):
    """Hands one piece of work to another executor, and keeps its future."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self.future: Future[Any] = Future()

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future = self.future = self._executor.submit(fn, *args, **kwargs)
        return future


class _JumpingSelector(selectors.BaseSelector):
    """Where the loop would sleep, this makes its clock jump; files and wake-ups stay real."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self._loop = loop
        self._real = selectors.DefaultSelector()
        self._spins = 0

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            self._spins += 1
            if self._spins > SPINS:
                raise VirtualTimeError(f"turns without end and without time passing: {_tasks()}")
            return self._real.select(0)
        self._spins = 0
        if self._loop.busy_outside:
            return self._wait_for_thread()
        ready = self._real.select(SOCKET_GRACE if self._has_sockets() else 0)
        if ready:
            return ready
        if timeout is not None:
            self._loop.jump(timeout)
            return []
        if self._has_sockets():
            return self._wait_for_thread()
        raise VirtualTimeError(f"nothing is scheduled, all wait for ever: {_tasks()}")

    def _wait_for_thread(self) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(THREAD_LIMIT)
        if not ready:
            raise VirtualTimeError(f"no thread came back in {THREAD_LIMIT:.0f} s: {_tasks()}")
        return ready

    def _has_sockets(self) -> bool:
        return len(self._real.get_map()) > 1  # the first is the loop's own, for wake-ups


@contextlib.contextmanager
def _patched(loop: VirtualTimeLoop) -> Iterator[None]:
    with (
        mock.patch.object(time, "monotonic", loop.time),
        mock.patch.object(time, "perf_counter", loop.time),
        mock.patch.object(time, "time", loop.unix_time),
    ):
        yield


async def _watched(main: Coroutine[Any, Any, T]) -> T:
    result = await main
    left = await leaked_tasks(())
    if left:
        pytest.fail("tasks left running: " + ", ".join(sorted(left)))
    return result


def _told(context: dict[str, Any]) -> str:
    return f"{context.get('message')} ({context.get('exception')!r})"


def _tasks() -> str:
    """Each unfinished task of the running loop and the line at which it waits."""
    return "; ".join(
        sorted(f"{t.get_name()} at {_place(t.get_coro())}" for t in asyncio.all_tasks())
    )


def _place(waiting: Any) -> str:
    """The innermost line of a coroutine and of what it awaits that is not asyncio's own."""
    place = "its start"
    while code := getattr(waiting, "cr_code", None):
        if waiting.cr_frame and Path(code.co_filename).parent != _ASYNCIO:
            place = f"{code.co_qualname}:{waiting.cr_frame.f_lineno}"
        waiting = waiting.cr_await
    return place
