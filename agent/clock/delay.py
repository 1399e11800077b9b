"""Where the delay is decided: from how long the engine takes until a line can be heard."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable
from statistics import fmean, median, pstdev

from agent.clock.display_clock import DisplayClock

QUANTILE_Z = 2.054
"""Standard normal quantile of 0.98: two lines in a hundred may come too late and be dropped."""

MARGIN = 0.3
"""Seconds beyond the quantile: hand-over to the audio track, frame spacing, the error of the
estimate.
"""

LIKELY_MARGIN = 0.05
"""Seconds beyond the likely ready time: hand-over to the audio track."""

MEMORY = 64
"""Lines remembered. The quantile of a lognormal with cv 0.4 is then known to about 9 %."""

SHIFT = 5
"""Lines in a row that must agree before older ones are forgotten."""

SHIFT_Z = 1.5
"""How many standard deviations off they must all be: by chance that happens once in 700,000
lines.
"""

SHIFT_LEAST = 0.15
"""Spread taken at least for that: an even engine that gets a little slower is not another one."""

SPREAD = 0.35
SPREAD_WEIGHT = 8
"""Spread (standard deviation of the logarithm) assumed beforehand, and how many lines it counts
for.

0.35 is a coefficient of variation of 0.36, what queues and prompts of changing length bring about.
"""

MIN_DELAY = 0.3

RAISE_STEP = 0.1
LOWER_STEP = 0.25
"""The delay is moved only for a difference of so many seconds: each move, and a move down above
all, makes the line that waits for its slot a little wrong.
"""

JUMP_STEP = 0.02
"""The same where nobody sees it."""


class ReadyTimes:
    """Ready times (seconds from a request to its line's first sound) of one engine.

    Times to first token and first audio are skewed to the right and positive, so the high quantile
    is taken from a lognormal fit: with a few dozen samples that is far steadier than the
    second-largest value.
    """

    def __init__(self, known: Iterable[float] = ()) -> None:
        """`known`: what was measured before, in seconds, oldest first."""
        self._logs: deque[float] = deque(maxlen=MEMORY)
        self.typical = 0.0
        """The median ready time in seconds; 0 while nothing is known."""
        self.likely: float | None = None
        """Seconds within which 84 of 100 lines are ready; None while nothing is known.

        When the engine has been slow, the next slot is put this far ahead and no further: one line
        in six is then too late, which costs less silence than waiting out the whole delay each
        time.
        """
        self.delay_needed: float | None = None
        """Seconds of delay after which 98 of 100 lines are ready in time; None: nothing known."""
        for one in known:
            self.add(one)

    def __len__(self) -> int:
        return len(self._logs)

    @property
    def seconds(self) -> list[float]:
        """What is remembered, oldest first."""
        return [math.exp(one) for one in self._logs]

    def add(self, ready: float) -> None:
        """Note one ready time in seconds, that of a dropped late line included."""
        self._logs.append(math.log(max(ready, 0.01)))
        self._forget_if_shifted()
        mean, spread = fmean(self._logs), self._spread()
        self.typical = math.exp(median(self._logs))
        self.likely = math.exp(mean + spread) + LIKELY_MARGIN
        self.delay_needed = math.exp(mean + QUANTILE_Z * spread) + MARGIN

    def _spread(self) -> float:
        """Standard deviation of the logarithm, drawn towards `SPREAD` while few lines are known."""
        count = len(self._logs)
        squares = count * pstdev(self._logs) ** 2 + SPREAD_WEIGHT * SPREAD**2
        return math.sqrt(squares / (count + SPREAD_WEIGHT))

    def _forget_if_shifted(self) -> None:
        """Drop the past when the last few lines all lie outside what it made likely (another model,
        another load).
        """
        past = list(self._logs)[:-SHIFT]
        recent = list(self._logs)[-SHIFT:]
        if len(past) < SHIFT:
            return
        far = SHIFT_Z * max(pstdev(past), SHIFT_LEAST)
        centre = fmean(past)
        if min(recent) > centre + far or max(recent) < centre - far:
            self._logs.clear()
            self._logs.extend(recent)


class Delay:
    """Moves the display clock to the delay that the engine needs, or to the one that was chosen.

    Where somebody sees the picture the delay slews; it jumps where nobody does, and for a person
    who asked for another one, since slewing there at 5 % could take minutes.
    """

    def __init__(
        self,
        clock: DisplayClock,
        times: ReadyTimes,
        *,
        chosen: float | None,
        first: float,
        longest: float,
        on_jump: Callable[[], None] = lambda: None,
    ) -> None:
        """All in seconds. `chosen`: None for what the engine needs, 0 for no sync; `first`: while
        nothing is known of the engine; `longest`: what it may need at most.
        """
        self._clock = clock
        self._times = times
        self._on_jump = on_jump
        self.watched = False
        """Somebody is there to see the picture."""
        self.shown = False
        """There is one to be seen."""
        self._chosen = chosen
        self._first = first
        self._longest = longest
        clock.jump_to(self.wanted, 0.0)

    @property
    def in_sync(self) -> bool:
        """Whether words are tied to the picture."""
        return self._chosen != 0

    @property
    def unseen(self) -> bool:
        """Whether nobody sees the picture, so that the delay may jump."""
        return not (self.watched and self.shown)

    @property
    def automatic(self) -> bool:
        """Whether the engine decides."""
        return self._chosen is None

    @property
    def wanted(self) -> float:
        """Where the delay should be, in seconds."""
        if self._chosen is not None:
            return self._chosen
        return min(max(self._times.delay_needed or self._first, MIN_DELAY), self._longest)

    def choose(self, chosen: float | None, *, first: float, longest: float, now: float) -> None:
        """Take what a person has set; see `__init__`."""
        self._first, self._longest = first, longest
        if chosen != self._chosen:
            self._chosen = chosen
            self._jump(now)

    def steer(self, now: float) -> None:
        """Move towards what the engine needs.

        To be called just before an anchor is chosen: the line about it can then rely on how the
        delay moves.
        """
        change = self.wanted - self._clock.target
        if not self.automatic:
            return
        if self.unseen and abs(change) > JUMP_STEP:
            self._jump(now)
        elif not self.unseen and (change > RAISE_STEP or change < -LOWER_STEP):
            self._clock.slew_to(self.wanted, now)

    def _jump(self, now: float) -> None:
        self._clock.jump_to(self.wanted, now)
        self._on_jump()
