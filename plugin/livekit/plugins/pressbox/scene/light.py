"""Whether the light went out or on. Pure."""

from __future__ import annotations

from collections import deque

_HOLD = 0.5
_SUDDEN = 1.5
_BEFORE = 0.6
_RATIO = 0.5
_LEAST_STEP = 20.0


class Light:
    """Watches the mean grey level."""

    def __init__(self) -> None:
        self._levels: deque[tuple[float, float]] = deque()

    def see(self, time: float, level: float) -> int:
        """-1: the light has just gone out, 1: on, 0: neither.

        It was otherwise for a while, and is now for long enough; a flicker is neither.
        """
        self._levels.append((time, level))
        begin = time - _HOLD - _SUDDEN - _BEFORE
        while len(self._levels) > 2 and self._levels[1][0] <= begin:
            self._levels.popleft()
        now = [level for at, level in self._levels if at >= time - _HOLD]
        before = [level for at, level in self._levels if at <= begin + _BEFORE]
        if len(now) < 2 or not before:
            return 0
        if max(now) < _RATIO * min(before) and min(before) - max(now) >= _LEAST_STEP:
            return self._changed(time, level, -1)
        if min(now) * _RATIO > max(before) and min(now) - max(before) >= _LEAST_STEP:
            return self._changed(time, level, 1)
        return 0

    def _changed(self, time: float, level: float, how: int) -> int:
        self._levels = deque([(time, level)])
        return how
