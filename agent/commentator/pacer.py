"""When the next window is sent and when a line is said."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Protocol

from agent.commentator.line import DropReason, Line


class Pacer(Protocol):
    """Decides about time; the plugin decides about words. Times are monotonic seconds.

    ``next_anchor`` and ``wait_start`` may be cancelled at any time, and are then called anew.
    """

    @property
    def look_back(self) -> float:
        """How far in the past, in seconds, an anchor may lie; 0 for not at all. May change."""

    @property
    def earliest_anchor(self) -> float:
        """No anchor captured before this will be asked for from now on; infinity: none at all
        that lies in the past."""

    async def next_anchor(self) -> float:
        """Wait until a window may be made; the capture time wanted of its newest frame.

        One in the future: the first frame from then on. One in the past, by ``look_back`` at most:
        the nearest frame that was kept.
        """

    def answer_anchor(self) -> float:
        """The newest capture time that a question's window may contain."""

    def frames_per_window(self, wanted: int) -> int:
        """How many of the wanted frames to send; fewer while the engine is behind."""

    def deadline(self, line: Line) -> float:
        """When the line, not ready by then, is worthless."""

    def ready(self, line: Line) -> bool:
        """The line's first sound is in. False: it comes too late to be true, drop it."""

    async def wait_start(self, line: Line) -> None:
        """Return shortly (about 0.1 s) before the line is to be said."""

    def generated(self, line: Line) -> None:
        """``line.duration`` is final."""

    def dropped(self, line: Line, reason: DropReason) -> None:
        """The line will not be said, or not to its end."""


class PlaybackPacer:
    """Paces by estimated playback: for a bare ``AgentSession``, live picture, no delay.

    The next window leaves so early before the end of the line being played that, after the usual
    ready time (exponential mean of the measured ones), the next line follows it by ``pause``.
    """

    look_back = 0.0
    earliest_anchor = math.inf
    LEAD = 0.1
    """Seconds before a line's start at which ``wait_start`` returns."""
    REMEMBERED = 3
    """Lines: one plays, at most two are ready."""
    READY_WEIGHT = 0.3
    """Weight of the newest ready time in their exponential mean."""

    def __init__(
        self,
        *,
        pause: float = 0.5,
        max_wait: float = 15.0,
        max_age: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            pause: Silence between two lines, seconds.
            max_wait: How long a request may take to its first sound, seconds.
            max_age: How old the newest picture of a commentary line may be at its first sound.
            clock: Monotonic seconds.
        """
        for name, value in (("pause", pause), ("max_wait", max_wait), ("max_age", max_age)):
            if value < 0:
                raise ValueError(f"{name}={value!r} is not allowed: seconds, 0 or more")
        self._pause = pause
        self._max_wait = max_wait
        self._max_age = max_age
        self._clock = clock
        self._ready_time = 1.0
        self._lines: list[Line] = []

    @property
    def ready_time(self) -> float:
        """Expected seconds from a request to its first sound."""
        return self._ready_time

    def request_at(self) -> float:
        """When the next window should leave."""
        return self._free_at(len(self._lines)) - self._ready_time

    def start_of(self, line: Line) -> float:
        """When the line may start, or did; moves with the lines before it."""
        return self._start(self._lines.index(line)) if line in self._lines else self._clock()

    async def next_anchor(self) -> float:
        await self._sleep_until(self.request_at)
        return self._clock()

    def answer_anchor(self) -> float:
        return self._clock()

    def frames_per_window(self, wanted: int) -> int:
        return wanted

    def deadline(self, line: Line) -> float:
        return line.requested_at + self._max_wait

    def ready(self, line: Line) -> bool:
        now = self._clock()
        self._ready_time += self.READY_WEIGHT * (now - line.requested_at - self._ready_time)
        if line.kind == "commentary" and now - line.anchor > self._max_age:
            return False
        self._lines = [*self._lines[1 - self.REMEMBERED :], line]
        return True

    async def wait_start(self, line: Line) -> None:
        await self._sleep_until(lambda: self.start_of(line) - self.LEAD)

    def generated(self, line: Line) -> None:
        """The line itself is read when it matters."""

    def dropped(self, line: Line, reason: DropReason) -> None:
        self._lines = [known for known in self._lines if known is not line]

    def _start(self, index: int) -> float:
        line = self._lines[index]
        if line.started_at is not None:
            return line.started_at
        return max(line.ready_at or 0.0, self._free_at(index))

    def _free_at(self, index: int) -> float:
        """When the voice is free for the line at ``index``, as far as the audio is known."""
        if index == 0:
            return self._clock()
        line = self._lines[index - 1]
        seconds = line.audio_seconds if line.duration is None else line.duration
        return self._start(index - 1) + seconds + self._pause

    async def _sleep_until(self, due: Callable[[], float]) -> None:
        while True:
            left = due() - self._clock()
            if left <= 0:
                return
            await asyncio.sleep(left)
