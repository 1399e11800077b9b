"""The timetable of the voice: when each line starts, and which frame the next one must speak
about.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from agent.clock.delay import ReadyTimes
from agent.clock.display_clock import DisplayClock

LATE = 0.12
"""A line whose first sound would come this many seconds after its anchor is shown is too late to be
true.

Sync error beyond 0.1 s begins to be noticed; a line a little over that is still better heard than
lost.
"""

SPARE = 1.0
"""Seconds that an engine is given beyond what it needs, where the delay is longer than that."""

KEPT = 3
"""Plans remembered at most: one line plays, one waits. A line whose end nobody reported must not
stay for ever.
"""


@dataclass(slots=True)
class _Plan:
    """`anchor` None: an answer, which starts as soon as it can. `duration` None: still being
    generated.
    """

    line_id: str
    anchor: float | None
    started: float | None = None
    duration: float | None = None


class LineSchedule:
    """Plans lines one after another on one voice.

    The slot of the next line is the end of the last line + pause, and its anchor is what is on
    display then, so the request leaves as soon as that frame is in, while the last line is still
    playing. Without sync (`D` = 0) the request leaves a typical ready time before the voice is
    free.

    All times are `time.monotonic()` seconds. Nothing here waits; callers pass `now`.
    """

    def __init__(self, clock: DisplayClock, pause: float) -> None:
        """`pause`: seconds of silence between two lines."""
        self._clock = clock
        self._plans: list[_Plan] = []
        self._last_end = -math.inf
        self.pause = pause

    @property
    def in_sync(self) -> bool:
        """Whether lines are tied to the picture (a delay of 0 means they are not)."""
        return self._clock.target > 0

    def next_request(self, now: float, times: ReadyTimes) -> tuple[float, float]:
        """When to ask for the next line, and the capture time wanted of its newest frame.

        `now` or later; infinity while the end of a line is not known yet. The anchor lies in the
        past when the delay is longer than the engine needs, and when the engine was so slow that
        a line about what is new could not be ready in time: then the slot stays where it is, or
        as near as a likely ready time allows.
        """
        free_at = self._free_at(now)
        if free_at == math.inf:
            return math.inf, math.inf
        if not self.in_sync:
            leave = max(now, free_at - times.typical())
            return leave, leave
        delay = self._clock.delay(now)
        needed = times.delay_needed()
        lead = delay if needed is None else min(needed + SPARE, delay)
        leave = max(now, free_at - lead)
        slot = max(free_at, leave + min(times.likely() or delay, delay))
        return leave, self._clock.displayed(slot)

    def earliest_anchor(self, now: float) -> float:
        """No anchor captured before this will be wanted from now on; -infinity: not known."""
        free_at = self._free_at(now)
        return -math.inf if free_at == math.inf else self._clock.displayed(max(free_at, now))

    def is_late(self, anchor: float, now: float) -> bool:
        """Whether a line about `anchor` that is ready at `now` could only be spoken over another
        picture.
        """
        if not self.in_sync:
            return False
        earliest = max(now, self._free_at(now))
        return earliest > self._clock.display_time(anchor) + LATE

    def plan(self, line_id: str, anchor: float | None) -> None:
        """Give the next slot to a line; `anchor` None for an answer."""
        del self._plans[:-KEPT]
        self._plans.append(_Plan(line_id, anchor))

    def start(self, line_id: str, now: float) -> float:
        """When this line starts, or did. Moves while the delay slews. `now` for a line that has no
        plan.
        """
        for index, plan in enumerate(self._plans):
            if plan.line_id == line_id:
                return self._start(index, now)
        return now

    def set_duration(self, line_id: str, duration: float) -> None:
        """The line is complete and lasts `duration` seconds."""
        for plan in self._plans:
            if plan.line_id == line_id:
                plan.duration = duration

    def set_started(self, line_id: str, now: float) -> None:
        """The line is heard from `now` on."""
        for plan in self._plans:
            if plan.line_id == line_id:
                plan.started = now

    def remove(self, line_id: str, now: float) -> None:
        """The line has ended, or will not be spoken."""
        for plan in [p for p in self._plans if p.line_id == line_id]:
            self._plans.remove(plan)
            if plan.started is not None:
                self._last_end = now

    def _free_at(self, now: float) -> float:
        """When the voice is free for a line that has no plan yet, pause included."""
        return self._after(len(self._plans), now)

    def _start(self, index: int, now: float) -> float:
        plan = self._plans[index]
        if plan.started is not None:
            return plan.started
        earliest = self._after(index, now)
        if plan.anchor is None:
            return max(earliest - self.pause, now)  # whoever asked does not wait for a breath
        if not self.in_sync:
            return max(earliest, now)
        return max(earliest, self._clock.display_time(plan.anchor))

    def _after(self, index: int, now: float) -> float:
        """When the plan at `index` may start at the earliest, because of those before it."""
        if index == 0:
            return self._last_end + self.pause
        before = self._plans[index - 1]
        if before.duration is None:
            return math.inf
        return self._start(index - 1, now) + before.duration + self.pause
