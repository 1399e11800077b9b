"""Frames coming in at any rate; windows going out. Encoding happens in one worker thread."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ..log import logger
from .frames import SampleGrid
from .options import Options
from .pacer import Pacer
from .window import SampledFrame, Window

ENCODE_TIMEOUT = 2.0
"""Seconds that a question waits for the picture it asks about."""

RECENT_FPS = 10.0
"""Frames a second among which a past anchor is chosen: it is then 0.05 s off at most."""

F = TypeVar("F")
_Waiter = asyncio.Future[SampledFrame | None]


@dataclass(slots=True, eq=False)
class _Job(Generic[F]):
    frame: F
    capture_time: float
    sampled: bool
    recent: bool
    epoch: int
    waiters: list[_Waiter] = field(default_factory=list)


class FrameSampler(Generic[F]):
    """Samples the frames of one source into a window. Belongs to one event loop.

    The window reaches back by the pacer's ``look_back`` at least. Of what was captured from its
    ``earliest_anchor`` on, RECENT_FPS frames a second are kept besides: an anchor may lie there.

    At most one frame is being encoded. Behind it waits the newest sampled one, older ones are
    skipped, and those that a request waits for (one of commentary, one of a question).
    """

    def __init__(
        self,
        options: Options,
        pacer: Pacer,
        encode: Callable[[F, float], SampledFrame],
        see: Callable[[SampledFrame], SampledFrame],
    ) -> None:
        """``encode(frame, capture_time)`` runs in the thread; ``see(frame)`` gets each encoded one,
        and gives it back with what is known of it.
        """
        self._grid = SampleGrid(options.capture_fps)
        self._window = Window(options.window_size)
        self._recent_grid = SampleGrid(RECENT_FPS)
        self._recent = Window(0)
        self._pacer = pacer
        self._encode = encode
        self._see = see
        self._pool: ThreadPoolExecutor | None = None
        self._running: asyncio.Future[SampledFrame] | None = None
        self._job: _Job[F] | None = None
        self._queue: list[_Job[F]] = []
        self._latest: tuple[F, float] | None = None
        self._want: tuple[float, _Waiter] | None = None
        self._epoch = 0
        self._closed = False
        self._complained = False

    def set_options(self, options: Options) -> None:
        self._grid = SampleGrid(options.capture_fps)
        self._window.size = options.window_size

    def push(self, frame: F, capture_time: float) -> None:
        """A frame of the source, captured at monotonic seconds. Cheap unless it is sampled."""
        if self._closed:
            return
        self._latest = (frame, capture_time)
        sampled = self._grid.due(capture_time)
        kept = capture_time >= self._pacer.earliest_anchor
        recent = kept and self._recent_grid.due(capture_time)
        waiters = []
        if self._want is not None and capture_time >= self._want[0]:
            waiters, self._want = [self._want[1]], None
        if sampled or recent or waiters:
            self._submit(frame, capture_time, waiters, sampled=sampled, recent=recent)

    def reset(self) -> None:
        """Forget all frames, also those being encoded: the source is another one."""
        self._epoch += 1
        self._window.clear()
        self._recent.clear()
        self._latest = None

    @property
    def newest(self) -> SampledFrame | None:
        """The newest frame that is encoded."""
        return self._window.newest_until(math.inf)

    async def first_from(self, wanted: float) -> SampledFrame:
        """The first real frame captured at ``wanted`` or later, of those kept where there is any.

        One captured before would be spoken of too late; one after costs a moment of silence.
        """
        while True:
            kept = (self._recent.first_from(wanted), self._window.first_from(wanted))
            found = min((one for one in kept if one), key=_captured, default=None)
            if found is not None or (found := await self._next_from(wanted)) is not None:
                return found

    async def newest_until(self, limit: float) -> SampledFrame | None:
        """The newest frame captured at ``limit`` or earlier, the oldest one there is where none is
        so old; None when there is none at all.
        """
        known = self._window.newest_until(limit) or self._window.first_from(-math.inf)
        if self._latest is None or self._latest[1] > limit:
            return known
        if known is not None and known.capture_time >= self._latest[1]:
            return known
        epoch, fresh = self._epoch, None
        try:
            async with asyncio.timeout(ENCODE_TIMEOUT):
                fresh = await self._encoded(*self._latest)
        except TimeoutError:
            pass
        return fresh or (known if epoch == self._epoch else None)

    def ending_at(
        self, anchor: SampledFrame, *, count: int, stride: int, told: float = math.inf
    ) -> list[SampledFrame]:
        """The frames of a window, in time order; see ``Window.ending_at``."""
        return self._window.ending_at(anchor, count=count, stride=stride, told=told)

    async def aclose(self) -> None:
        """Stop; returns when the worker thread is gone."""
        self._closed = True
        self._latest = None
        self._fail(self._queue)
        self._queue = []
        if self._running is not None:
            await asyncio.wait({self._running})
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    async def _next_from(self, not_before: float) -> SampledFrame | None:
        if self._latest is not None and self._latest[1] >= not_before:
            return await self._encoded(*self._latest)
        waiter: _Waiter = asyncio.get_running_loop().create_future()
        self._want = (not_before, waiter)
        try:
            return await waiter
        finally:
            if self._want is not None and self._want[1] is waiter:
                self._want = None

    async def _encoded(self, frame: F, capture_time: float) -> SampledFrame | None:
        waiter: _Waiter = asyncio.get_running_loop().create_future()
        self._submit(frame, capture_time, [waiter])
        return await waiter

    def _submit(
        self,
        frame: F,
        capture_time: float,
        waiters: list[_Waiter],
        *,
        sampled: bool = False,
        recent: bool = False,
    ) -> None:
        for known in (*self._queue, *([self._job] if self._job else [])):
            if known.frame is frame and known.epoch == self._epoch:
                known.sampled |= sampled
                known.recent |= recent
                known.waiters += waiters
                return
        job = _Job(frame, capture_time, sampled, recent, self._epoch, waiters)
        self._queue = [old for old in self._queue if _awaited(old) or (old.sampled and not sampled)]
        self._queue.append(job)
        if self._running is None:
            self._start_next()

    def _start_next(self) -> None:
        job = self._job = self._queue.pop(0)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="pressbox-frames")
        loop = asyncio.get_running_loop()
        self._running = loop.run_in_executor(self._pool, self._encode, job.frame, job.capture_time)
        self._running.add_done_callback(lambda done: self._finish(job, done))

    def _finish(self, job: _Job[F], done: asyncio.Future[SampledFrame]) -> None:
        self._running = self._job = None
        result = None
        try:
            result = done.result()
        except Exception as error:  # what waits for the frame must not wait for ever
            self._complain(error)
        if result is None or job.epoch != self._epoch or self._closed:
            self._fail([job])
        else:
            result = self._see(result)
            self._window.reach = self._recent.reach = self._pacer.look_back
            if job.sampled:
                self._window.add(result)
            if job.recent:
                self._recent.add(result)
            for waiter in job.waiters:
                if not waiter.done():
                    waiter.set_result(result)
        if self._queue and not self._closed:
            self._start_next()

    def _complain(self, error: Exception) -> None:
        self._latest = None
        if not self._complained:
            logger.warning("a frame is skipped: %s (said once)", error)
        self._complained = True

    def _fail(self, jobs: list[_Job[F]]) -> None:
        for job in jobs:
            for waiter in job.waiters:
                if not waiter.done():
                    waiter.set_result(None)


def _awaited(job: _Job[Any]) -> bool:
    return any(not waiter.done() for waiter in job.waiters)


def _captured(frame: SampledFrame) -> float:
    return frame.capture_time
