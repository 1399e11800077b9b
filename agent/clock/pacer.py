"""The booth's `Pacer`: ties the commentator to what is on display."""

from __future__ import annotations

import asyncio
import time

from livekit.plugins.pressbox.commentator import Line, Lines

from agent.clock.delay import Delay, ReadyTimes
from agent.clock.display_clock import LOOK_AGAIN, DisplayClock
from agent.clock.engine_load import EngineLoad
from agent.clock.schedule import Schedule

LEARNING = 2.0
"""Seconds beyond its slot for which a late line is waited for: it is not spoken, but its ready time
is learnt.
"""

MOST_PATIENCE = 6.0

ANSWER_TIMEOUT = 15.0
UNSEEN = 1.25
"""A line that never became ready counts as this much slower than the time it was waited for."""

TRIALS = 3
"""Ready times that are measured while nobody watches."""

WARMING = 1.5
"""The first trial counts unless it took so many times as long as the second: then it was what the
engine needed to begin.
"""


class BoothPacer:
    """Decides when windows are made and lines start. Implements `Pacer`."""

    def __init__(
        self,
        clock: DisplayClock,
        delay: Delay,
        times: ReadyTimes,
        *,
        pause: float,
    ) -> None:
        """`times`: those that `delay` goes by. `pause`: breathing pause between lines, seconds."""
        self._clock = clock
        self._delay = delay
        self._times = times
        self._load = EngineLoad()
        self._schedule = Schedule(clock, delay, pause)
        self._pause = pause
        self._first_trial: float | None = None
        self.late = 0
        """Lines dropped because they came too late."""

    def attach(self, lines: Lines) -> None:
        """See `Pacer`."""
        self._schedule.lines = lines
        lines.listen(self._changed)

    @property
    def behind(self) -> bool:
        """Whether the engine does not keep up."""
        return self._load.behind

    @property
    def look_back(self) -> float:
        """See `Pacer`: anything that is still to be shown may be spoken about."""
        return self._clock.delay(time.monotonic())

    @property
    def earliest_anchor(self) -> float:
        """See `Pacer`."""
        return self._schedule.earliest_anchor(time.monotonic())

    @property
    def wants_trial(self) -> bool:
        """See `Pacer`: while nobody waits for a line. Who comes first hears one as early as can be,
        and the delay jumps to what it took, if no picture was shown by then.
        """
        unknown = self._delay.automatic and len(self._times) < TRIALS
        return unknown and not self._delay.watched

    def tried(self, seconds: float) -> None:
        """See `Pacer`."""
        first, self._first_trial = self._first_trial, seconds
        if first is None:
            return
        if len(self._times) == 0 and first < WARMING * seconds:
            self._times.add(first)
        self._times.add(seconds)
        self._delay.steer(time.monotonic())

    def breathe(self, pause: float) -> None:
        """Take a new breathing pause, in seconds."""
        self._pause = pause
        self._apply_load()

    async def next_anchor(self) -> float:
        """See `Pacer`."""
        while True:
            now = time.monotonic()
            self._delay.steer(now)
            leave, anchor = self._schedule.next_request(now, self._times)
            if leave <= now:
                return anchor
            await asyncio.sleep(min(leave - now, LOOK_AGAIN))

    def answer_anchor(self) -> float:
        """What will be on display when the answer begins, as far as it has been captured: no
        spoilers.
        """
        now = time.monotonic()
        return min(self._clock.displayed(now) + self._times.typical, now)

    def frames_per_window(self, wanted: int) -> int:
        """See `Pacer`."""
        return self._load.frames(wanted)

    def deadline(self, line: Line) -> float:
        """See `Pacer`. Later than the slot: waiting a little longer tells how slow the engine
        really is.
        """
        if line.live or not self._delay.in_sync:
            return line.requested_at + ANSWER_TIMEOUT
        patience = min(max(LEARNING, self._clock.target), MOST_PATIENCE)
        return self._clock.display_time(line.anchor) + patience

    def is_late(self, line: Line) -> bool:
        """See `Pacer`."""
        return self._schedule.is_late(line, time.monotonic())

    def start_time(self, line: Line) -> float:
        """See `Pacer`."""
        return self._schedule.start(line, time.monotonic())

    def _changed(self, line: Line) -> None:
        """Learn from each line of commentary, once: when it is ready, or is given up before."""
        if line.live:
            return
        if line.state == "ready" and line.duration is None and line.ready_at is not None:
            self._times.add(line.ready_at - line.requested_at)
            if self._delay.unseen:
                self._delay.steer(line.ready_at)
            self._note(late=self.is_late(line))
        elif line.reason == "late" and line.ready_at is None:
            self._times.add((time.monotonic() - line.requested_at) * UNSEEN)
            self._note(late=True)
        elif line.reason in ("empty", "repeat") and line.ready_at is None:
            # An engine that has nothing to say of a small window keeps up with it all the same, and
            # would have nothing to say for ever if that did not count.
            self._note(late=False)

    def _note(self, *, late: bool) -> None:
        self.late += late
        self._load.note(late)
        self._apply_load()

    def _apply_load(self) -> None:
        self._schedule.pause = self._pause + self._load.rest
