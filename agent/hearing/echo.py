"""What the booth has just said, so that its own voice from a loudspeaker is not taken for a
person's. Pure.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from livekit.plugins.pressbox.commentator import Line
from rapidfuzz import fuzz, utils

KEPT = 8
"""Lines."""
AFTER = 1.5
"""Seconds that a line may take through the room, out of a loudspeaker and back."""
LIKE = 80.0
"""Likeness, of 100, to a part of a line from which a transcript is its echo."""


class _Heard(NamedTuple):
    """A line's words, and from when to when they may have come out of a loudspeaker."""

    text: str
    began: float
    over: float

    def within(self, began: float, ended: float) -> float:
        """Seconds of it in that time."""
        return max(0.0, min(self.over, ended) - max(self.began, began))


class Echo:
    """Remembers the lines that were last heard. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._playing: Line | None = None
        self._heard: deque[_Heard] = deque(maxlen=KEPT)

    def changed(self, line: Line) -> None:
        """Told of each change of a line's state, as `Lines.listen` tells it."""
        if line.state == "playing" and not line.text_only:
            self._playing = line
        elif line is self._playing and line.over:
            self._playing = None
            if line.started_at is not None and line.ended_at is not None:
                self._heard.append(_Heard(line.text, line.started_at, line.ended_at + AFTER))

    def is_own(self, text: str, began: float, ended: float) -> bool:
        """Whether what was said from `began` to `ended` is the booth's own voice; without a text,
        whether the booth spoke for more than half of that time.
        """
        heard = list(self._heard)
        if self._playing and self._playing.started_at is not None:
            heard.append(_Heard(self._playing.text, self._playing.started_at, ended))
        if not text:
            return sum(one.within(began, ended) for one in heard) > (ended - began) / 2
        return any(
            one.within(began, ended) > 0
            and fuzz.partial_ratio(text, one.text, processor=utils.default_process) >= LIKE
            for one in heard
        )
