"""The display clock: which capture time is on display at which moment.

A booth shows its picture `D` seconds late. `D` is never moved in a step that a viewer could see: it
slews, so that the picture runs at most `slew` faster or slower than life while it does.

All times are `time.monotonic()` seconds. Nothing here waits; callers pass `now`.
"""

from __future__ import annotations

SLEW = 0.05
"""Largest change of the delay, in seconds per second."""

LOOK_AGAIN = 0.05
"""Seconds after which whoever waits for a display time asks for it anew: the delay may slew."""


class DisplayClock:
    """Maps wall time `t` to the capture time on display, `t - D(t)`, and back.

    `D` is a straight line from (`now`, delay) to the target and constant afterwards, so both maps
    are exact and strictly increasing for any slew below 1.
    """

    def __init__(self, delay: float, *, slew: float = SLEW) -> None:
        """`delay` in seconds, >= 0; `slew` in seconds per second, 0 < slew < 1. Raises ValueError
        otherwise.
        """
        if delay < 0:
            raise ValueError(f"delay={delay} is not allowed: 0 seconds or more")
        if not 0 < slew < 1:
            raise ValueError(f"slew={slew} is not allowed: more than 0, less than 1")
        self._slew = slew
        self._from = delay
        self._target = delay
        self._since = 0.0

    @property
    def target(self) -> float:
        """The delay (seconds) that the clock is at or moves to."""
        return self._target

    @property
    def _until(self) -> float:
        """When the slew under way ends."""
        return self._since + abs(self._target - self._from) / self._slew

    def delay(self, now: float) -> float:
        """`D` at `now`, in seconds."""
        if now >= self._until:
            return self._target
        moved = max(now - self._since, 0.0) * self._slew
        return self._from + (moved if self._target > self._from else -moved)

    def displayed(self, now: float) -> float:
        """The capture time on display at `now`; for a future `now`, if the target stays as it
        is.
        """
        return now - self.delay(now)

    def display_time(self, capture: float) -> float:
        """When a frame captured at `capture` is on display, if the target stays as it is.

        For a capture time from before the last change of the target this is what it was then,
        without the slew.
        """
        since_media = self._since - self._from
        if capture <= since_media:
            return capture + self._from
        rate = 1 - self._slew if self._target > self._from else 1 + self._slew
        slewing = self._since + (capture - since_media) / rate
        return slewing if slewing < self._until else capture + self._target

    def slew_to(self, target: float, now: float) -> None:
        """Move the delay to `target` seconds, starting at `now`, without a jump."""
        self._from = self.delay(now)
        self._since = now
        self._target = max(target, 0.0)

    def jump_to(self, delay: float, now: float) -> None:
        """Set the delay at once, for a person who asked for another one: viewers see a jump."""
        self._from = self._target = max(delay, 0.0)
        self._since = now
