"""Whether the engine keeps up, and what to leave out while it does not."""

from __future__ import annotations

from collections import deque

RECENT = 4
LATE_TO_THIN = 3
"""So many late lines among the `RECENT` last ones take the load down one level."""

TIMELY_TO_RECOVER = 8
"""So many lines in time in a row bring it up again."""

MAX_LEVEL = 3
REST = 3.0
"""Extra seconds between lines at the last level."""


class EngineLoad:
    """Counts late lines; first makes windows smaller, then lines rarer."""

    def __init__(self) -> None:
        self._recent: deque[bool] = deque(maxlen=RECENT)
        self._timely = 0
        self._level = 0

    @property
    def behind(self) -> bool:
        """Whether anything is left out at the moment."""
        return self._level > 0

    @property
    def rest(self) -> float:
        """Extra seconds of pause between lines."""
        return REST if self._level == MAX_LEVEL else 0.0

    def frames(self, wanted: int) -> int:
        """How many frames a window may have where `wanted` are asked for: halved with each level,
        at least one.
        """
        return max(wanted >> self._level, 1)

    def note(self, late: bool) -> None:
        """One line came in time, or too late (or not at all)."""
        self._recent.append(late)
        self._timely = 0 if late else self._timely + 1
        if sum(self._recent) >= LATE_TO_THIN and self._level < MAX_LEVEL:
            self._level += 1
            self._recent.clear()
        elif self._timely >= TIMELY_TO_RECOVER and self._level > 0:
            self._level -= 1
            self._timely = 0
