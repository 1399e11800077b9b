"""The booth's `Pacer`: ties the plugin's simplex loop to what is on display."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from agent.clock.delay import ReadyTimes
from agent.clock.display_clock import DisplayClock
from agent.clock.engine_load import EngineLoad
from agent.clock.schedule import LineSchedule
from agent.clock.waiting import LOOK_AGAIN, sleep_until
from agent.commentator.line import Line

HAND_OVER = 0.1
"""Seconds before its slot at which a line is handed to `AgentSession`; the audio track does the
fine wait.
"""

LEARNING = 2.0
"""Seconds beyond its slot for which a late line is waited for: it is not spoken, but its ready time
is learnt.
"""

MOST_PATIENCE = 6.0

ANSWER_TIMEOUT = 15.0
UNSEEN = 1.25
"""A line that never became ready counts as this much slower than the time it was waited for."""

RAISE_STEP = 0.1
LOWER_STEP = 0.25
"""The delay is moved only for a difference of so many seconds: each move, and a move down above
all, makes the line that waits for its slot a little wrong.
"""

MIN_DELAY = 0.3


READING_SPEED = 15.0
"""Characters a second that people read captions at (Netflix' and the BBC's guides allow 15 to
20).
"""


def reading_time(text: str) -> float:
    """Seconds for which a line that is not spoken stays: as long as reading takes, a second at
    least.
    """
    return max(len(text) / READING_SPEED, 1.0)


class BoothPacer:
    """Decides when windows are made and lines start; owns the delay's target.

    Implements `agent.commentator.pacer.Pacer`.
    """

    def __init__(self, clock: DisplayClock, *, pause: float, delay_max: float) -> None:
        """`pause`: breathing pause between lines, seconds; `delay_max`: highest delay chosen by
        itself, seconds.
        """
        self._clock = clock
        self._schedule = LineSchedule(clock, pause)
        self._ready_times = ReadyTimes()
        self._load = EngineLoad()
        self._pause = pause
        self._delay_max = delay_max
        self._automatic = True
        self._open = asyncio.Event()
        self.speaks = True
        """False: all lines are captions only, as those are for which no voice was to be had;
        `wait_start` then ends at the slot itself.
        """
        self.on_unspoken: Callable[[Line], None] = lambda line: None
        """Called with each line that is not spoken, at its slot."""
        self.late = 0
        """Lines dropped because they came too late."""

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

    def set_open(self, is_open: bool) -> None:
        """Allow or stop commentary; answers are always allowed."""
        if is_open:
            self._open.set()
        else:
            self._open.clear()

    def configure(self, *, pause: float, delay_max: float, automatic: bool) -> None:
        """Take new numbers; `automatic` says whether the delay follows the engine."""
        self._pause = pause
        self._delay_max = delay_max
        self._automatic = automatic
        self._apply_load()

    async def next_anchor(self) -> float:
        """See `Pacer`. Waits while commentary is stopped."""
        while True:
            await self._open.wait()
            now = time.monotonic()
            self._steer(now)
            leave, anchor = self._schedule.next_request(now, self._ready_times)
            if leave <= now:
                return anchor
            await asyncio.sleep(min(leave - now, LOOK_AGAIN))

    def answer_anchor(self) -> float:
        """What will be on display when the answer begins, as far as it has been captured: no
        spoilers.
        """
        now = time.monotonic()
        return min(self._clock.displayed(now) + self._ready_times.typical(), now)

    def frames_per_window(self, wanted: int) -> int:
        """See `Pacer`."""
        return self._load.frames(wanted)

    def deadline(self, line: Line) -> float:
        """See `Pacer`. Later than the slot: waiting a little longer tells how slow the engine
        really is.
        """
        if line.kind == "answer" or not self._schedule.in_sync:
            return line.requested_at + ANSWER_TIMEOUT
        patience = min(max(LEARNING, self._clock.target), MOST_PATIENCE)
        return self._clock.display_time(line.anchor) + patience

    def ready(self, line: Line) -> bool:
        """See `Pacer`."""
        now = time.monotonic()
        if line.kind == "answer":
            self._schedule.plan(line.id, None)
            if self._is_unspoken(line):
                self.on_unspoken(line)
            return True
        self._ready_times.add(now - line.requested_at)
        late = self._schedule.is_late(line.anchor, now)
        self._note(late)
        if not late:
            self._schedule.plan(line.id, line.anchor)
        return not late

    async def wait_start(self, line: Line) -> None:
        """See `Pacer`."""
        early = 0.0 if self._is_unspoken(line) else HAND_OVER
        await sleep_until(lambda: self.start_time(line) - early)
        if self._is_unspoken(line):
            self.on_unspoken(line)

    def start_time(self, line: Line) -> float:
        """When the line is to be heard (monotonic seconds); moves with the delay."""
        return self._schedule.start(line.id, time.monotonic())

    def generated(self, line: Line) -> None:
        """See `Pacer`. A line without sound takes as long as it takes to read."""
        self._schedule.set_duration(line.id, line.duration or reading_time(line.text))

    def started(self, line: Line) -> None:
        """The line has begun to be heard."""
        self._schedule.set_started(line.id, time.monotonic())

    def ended(self, line: Line) -> None:
        """The line has ended or was interrupted."""
        self._schedule.remove(line.id, time.monotonic())

    def dropped(self, line: Line, reason: str) -> None:
        """See `Pacer`."""
        now = time.monotonic()
        self._schedule.remove(line.id, now)
        if reason == "late" and line.ready_at is None and line.kind != "answer":
            self._ready_times.add((now - line.requested_at) * UNSEEN)
            self._note(True)

    def _is_unspoken(self, line: Line) -> bool:
        return line.text_only or not self.speaks

    def _note(self, late: bool) -> None:
        self.late += late
        self._load.note(late)
        self._apply_load()

    def _apply_load(self) -> None:
        self._schedule.pause = self._pause + self._load.rest

    def _steer(self, now: float) -> None:
        """Move the delay towards what the engine needs.

        Only before an anchor is chosen: the line about it can then rely on how the delay moves.
        """
        needed = self._ready_times.delay_needed()
        if needed is None or not self._automatic or not self._schedule.in_sync:
            return
        wanted = min(max(needed, MIN_DELAY), self._delay_max)
        change = wanted - self._clock.target
        if change > RAISE_STEP or change < -LOWER_STEP:
            self._clock.slew_to(wanted, now)
