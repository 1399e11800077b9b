"""When the next window is sent and when a line is said."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Protocol

from .line import Line, Lines


class Pacer(Protocol):
    """Decides about time; the commentator decides about words. Times are monotonic seconds."""

    @property
    def look_back(self) -> float:
        """How far in the past, in seconds, an anchor may lie; 0 for not at all. May change."""

    @property
    def earliest_anchor(self) -> float:
        """No anchor captured before this will be asked for from now on; infinity: none at all
        that lies in the past."""

    @property
    def wants_trial(self) -> bool:
        """Whether nothing is known of the engine's ready times, so that a request is to be made
        whose answer nobody hears."""

    def attach(self, lines: Lines) -> None:
        """These are the lines to pace, from the start on. Called once."""

    def tried(self, seconds: float) -> None:
        """A trial took so many seconds until its first sound; the first one may have warmed the
        engine up.
        """

    async def next_anchor(self) -> float:
        """Wait until a window may be made; the capture time wanted of its newest frame.

        The first frame from then on is taken; in the past, by ``look_back`` at most, the first one
        that was kept. May be cancelled at any time.
        """

    def answer_anchor(self) -> float:
        """The newest capture time that a question's window may contain."""

    def frames_per_window(self, wanted: int) -> int:
        """How many of the wanted frames to send; fewer while the engine is behind."""

    def deadline(self, line: Line) -> float:
        """When the line, not ready by then, is worthless."""

    def is_late(self, line: Line) -> bool:
        """Whether the line, which is not playing yet, could only be said when it is not true any
        more."""

    def start_time(self, line: Line) -> float:
        """When the line, which is ready, is to be heard. May move."""


class PlaybackPacer:
    """Paces by playback: for a bare ``AgentSession``, live picture, no delay.

    The next window leaves so early before the end of the line being played that, after the usual
    ready time (exponential mean of the measured ones), the next line follows it by ``pause``.
    """

    look_back = 0.0
    earliest_anchor = math.inf
    wants_trial = False
    READY_WEIGHT = 0.3
    """Weight of the newest ready time in their exponential mean."""
    LOOK_AGAIN = 0.1
    """Seconds after which a wait is planned anew: lines end early."""

    MAX_WAIT = 15.0
    """Seconds that a request may take to its first sound."""
    MAX_AGE = 10.0
    """Seconds that the newest picture of a line of commentary may be old when it begins."""

    def __init__(self, *, pause: float = 0.5) -> None:
        """``pause``: silence between two lines, seconds. Raises ValueError."""
        if pause < 0:
            raise ValueError(f"pause={pause!r} is not allowed: seconds, 0 or more")
        self._pause = pause
        self._lines = Lines(time.monotonic)
        self.ready_time = 1.0
        """Expected seconds from a request to its first sound."""

    def attach(self, lines: Lines) -> None:
        self._lines = lines
        lines.listen(self._changed)

    def tried(self, seconds: float) -> None:
        self.ready_time = seconds

    async def next_anchor(self) -> float:
        while (left := self._free_at() - self.ready_time - time.monotonic()) > 0:
            await asyncio.sleep(min(left, self.LOOK_AGAIN))
        return time.monotonic()

    def answer_anchor(self) -> float:
        return time.monotonic()

    def frames_per_window(self, wanted: int) -> int:
        return wanted

    def deadline(self, line: Line) -> float:
        return line.requested_at + self.MAX_WAIT

    def is_late(self, line: Line) -> bool:
        return line.kind == "commentary" and time.monotonic() - line.anchor > self.MAX_AGE

    def start_time(self, line: Line) -> float:
        before = self._free_at(until=line)
        return max(before if not line.live else before - self._pause, time.monotonic())

    def _changed(self, line: Line) -> None:
        if line.state == "ready" and line.ready_at is not None and line.duration is None:
            ready = line.ready_at - line.requested_at
            self.ready_time += self.READY_WEIGHT * (ready - self.ready_time)

    def _free_at(self, until: Line | None = None) -> float:
        """When the voice is free for that line, or the next one, as far as the speech is known."""
        free = self._lines.silent_since + self._pause
        for line in self._lines:
            if line is until:
                break
            if line.ready_at is not None:
                seconds = line.audio_seconds if line.length is None else line.length
                begin = max(free, line.ready_at) if line.started_at is None else line.started_at
                free = begin + seconds + self._pause
        return free
