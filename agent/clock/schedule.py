"""The timetable of the voice: when each line starts, and which frame the next one must speak
about. Pure.
"""

from __future__ import annotations

import math
import time

from livekit.plugins.pressbox.commentator import Line, Lines

from agent.clock.delay import Delay, ReadyTimes
from agent.clock.display_clock import DisplayClock

LATE = 0.05
"""A line whose first sound would come this many seconds after its anchor is shown is too late to be
true: sound may be 40 ms late (EBU R37), and a little over that is still better heard than lost.
"""

SPARE = 1.0
"""Seconds that an engine is given beyond what it needs, where the delay is longer than that."""


class Schedule:
    """Gives the lines in flight their slots, one after another on one voice.

    The slot of the next line is the end of the last line + pause, and its anchor is what is on
    display then, so the request leaves as soon as that frame is in, while the last line is still
    playing. Without sync the request leaves a typical ready time before the voice is free.

    All times are `time.monotonic()` seconds. Nothing here waits; callers pass `now`.
    """

    def __init__(self, clock: DisplayClock, delay: Delay, pause: float) -> None:
        """`pause`: seconds of silence between two lines."""
        self._clock = clock
        self._delay = delay
        self.pause = pause
        self.lines = Lines(time.monotonic)
        """Those in flight."""

    def next_request(self, now: float, times: ReadyTimes) -> tuple[float, float]:
        """When to ask for the next line, and the capture time wanted of its newest frame.

        `now` or later; infinity while the end of a line is not known yet. The anchor lies in the
        past when the delay is longer than the engine needs, and when the engine was so slow that
        a line about what is new could not be ready in time: then the slot stays where it is, or
        as near as a likely ready time allows.
        """
        free_at = self._free_at(None, now)
        if free_at == math.inf:
            return math.inf, math.inf
        if not self._delay.in_sync:
            leave = max(now, free_at - times.typical)
            return leave, leave
        delay = self._clock.delay(now)
        needed = times.delay_needed
        lead = delay if needed is None else min(needed + SPARE, delay)
        leave = max(now, free_at - lead)
        slot = max(free_at, leave + min(times.likely or delay, delay))
        return leave, self._clock.displayed(slot)

    def earliest_anchor(self, now: float) -> float:
        """No anchor captured before this will be wanted from now on; -infinity: not known."""
        free_at = self._free_at(None, now)
        return -math.inf if free_at == math.inf else self._clock.displayed(max(free_at, now))

    def start(self, line: Line, now: float) -> float:
        """When this line, which is ready, starts or did. Moves while the delay slews."""
        return self._start(line, self._free_at(line, now), now)

    def is_late(self, line: Line, now: float) -> bool:
        """Whether the line could only be said over another picture than its own."""
        if not self._delay.in_sync or line.live:
            return False
        return self.start(line, now) > self._clock.display_time(line.anchor) + LATE

    def _free_at(self, until: Line | None, now: float) -> float:
        """When the voice is free for that line, None for the next one; pause included."""
        free = self.lines.silent_since + self.pause
        for line in self.lines:
            if line is until:
                break
            if line.ready_at is None:
                continue
            if line.length is None:
                return math.inf
            free = self._start(line, free, now) + line.length + self.pause
        return free

    def _start(self, line: Line, free_at: float, now: float) -> float:
        if line.started_at is not None:
            return line.started_at
        if line.live:
            return max(free_at - self.pause, now)  # whoever asked does not wait for a breath
        shown = self._clock.display_time(line.anchor) if self._delay.in_sync else now
        return max(free_at, shown, now)
