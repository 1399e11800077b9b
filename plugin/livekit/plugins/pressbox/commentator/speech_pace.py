"""How fast an engine makes speech, and how much of a line must be there before it may start. Pure.

An engine that makes speech faster than it is spoken can be heard from its first sound on. A slower
one leaves gaps, unless the line waits. With `b` seconds of a line of `T` seconds there, it takes
`(T - b) / r` seconds until all of it is there; what was there before the last piece of `c` seconds
must last until then: `T - c >= (T - b) / r`. So a line may start when `b >= T * (1 - r) + r * c`.
"""

from __future__ import annotations

from collections import deque

MARGIN = 0.9
"""Part of the measured rate that is relied on: chunks do not come evenly."""
LINES = 16
"""Lines that are remembered."""
LEAST_SPAN = 0.2
"""Seconds that the making of a line must have taken to tell a rate."""


class SpeechPace:
    """Learns from whole lines. While nothing is known, a line starts with its first sound."""

    def __init__(self) -> None:
        self._rates: deque[float] = deque(maxlen=LINES)
        self._durations: deque[float] = deque(maxlen=LINES)
        self._pieces: deque[float] = deque(maxlen=LINES)
        self._letters: deque[float] = deque(maxlen=LINES)

    def note(self, *, seconds: float, first_seconds: float, took: float, letters: int) -> None:
        """A line is complete.

        Args:
            seconds: Of speech, in all.
            first_seconds: Of these, what the first piece had.
            took: Seconds between its first and its last piece.
            letters: Length of its text in characters.
        """
        if seconds <= 0:
            return
        self._durations.append(seconds)
        self._letters.append(letters / seconds)
        if took >= LEAST_SPAN:
            self._rates.append((seconds - first_seconds) / took)
            self._pieces.append(first_seconds)

    @property
    def rate(self) -> float:
        """Seconds of speech made in a second, the lower quarter of recent lines; inf: not known."""
        return sorted(self._rates)[len(self._rates) // 4] if self._rates else float("inf")

    def enough(self, seconds: float, letters: int) -> bool:
        """Whether a line with this much speech and text so far may start without falling dry."""
        if not self._rates or seconds <= 0:
            return seconds > 0
        whole, rate = self._duration(letters), MARGIN * self.rate
        return seconds >= whole * (1 - rate) + rate * min(max(self._pieces), whole)

    def _duration(self, letters: int) -> float:
        """Seconds that the line will last. Its text may still grow, but lines are alike."""
        usual = sorted(self._durations)[len(self._durations) // 2]
        spoken = letters / (sum(self._letters) / len(self._letters)) if any(self._letters) else 0.0
        return max(usual, spoken)
