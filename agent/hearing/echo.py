"""What the booth has just said, so that its own voice from a loudspeaker is not taken for a
person's. Pure.
"""

from __future__ import annotations

from collections import deque

from rapidfuzz import fuzz, utils

from agent.commentator.line import Line

KEPT = 8
"""Lines."""
AFTER = 1.5
"""Seconds that a line may take through the room, out of a loudspeaker and back."""
LIKE = 80.0
"""Likeness, of 100, to a part of a line from which a transcript is its echo."""


class Echo:
    """Remembers the lines that were last heard. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._lines: deque[Line] = deque(maxlen=KEPT)

    def changed(self, line: Line) -> None:
        """Told of each change of a line's state, as `Lines.listen` tells it."""
        if line.state == "playing" and not line.text_only and line not in self._lines:
            self._lines.append(line)

    def is_own(self, text: str, began: float, ended: float) -> bool:
        """Whether what was said from `began` to `ended` is the booth's own voice; without a text,
        whether the booth spoke for more than half of that time.
        """
        heard = {line: self._overlap(line, began, ended) for line in self._lines}
        if not text:
            return sum(heard.values()) > (ended - began) / 2
        return any(
            seconds > 0
            and fuzz.partial_ratio(text, line.text, processor=utils.default_process) >= LIKE
            for line, seconds in heard.items()
        )

    def _overlap(self, line: Line, began: float, ended: float) -> float:
        """Seconds."""
        if line.started_at is None:
            return 0.0
        over = ended if line.ended_at is None else line.ended_at + AFTER
        return max(0.0, min(over, ended) - max(line.started_at, began))
