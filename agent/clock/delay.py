"""How long the engine takes until a line can be heard, and the delay that this asks for."""

from __future__ import annotations

import math
from collections import deque
from statistics import fmean, median, pstdev

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


class ReadyTimes:
    """Ready times (seconds from a request to its line's first sound) of one engine.

    Times to first token and first audio are skewed to the right and positive, so the high quantile
    is taken from a lognormal fit: with a few dozen samples that is far steadier than the
    second-largest value.
    """

    def __init__(self) -> None:
        self._logs: deque[float] = deque(maxlen=MEMORY)

    def __len__(self) -> int:
        return len(self._logs)

    def add(self, ready: float) -> None:
        """Note one ready time in seconds, that of a dropped late line included."""
        self._logs.append(math.log(max(ready, 0.01)))
        self._forget_if_shifted()

    def typical(self) -> float:
        """The median ready time in seconds; 0 while nothing is known."""
        return math.exp(median(self._logs)) if self._logs else 0.0

    def likely(self) -> float | None:
        """Seconds within which 84 of 100 lines are ready; None while nothing is known.

        When the engine has been slow, the next slot is put this far ahead and no further: one line
        in six is then too late, which costs less silence than waiting out the whole delay each
        time.
        """
        if not self._logs:
            return None
        return math.exp(fmean(self._logs) + self._spread()) + LIKELY_MARGIN

    def delay_needed(self) -> float | None:
        """Seconds of delay after which 98 of 100 lines are ready in time; None while nothing is
        known.
        """
        if not self._logs:
            return None
        return math.exp(fmean(self._logs) + QUANTILE_Z * self._spread()) + MARGIN

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
