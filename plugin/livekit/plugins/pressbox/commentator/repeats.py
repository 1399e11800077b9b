"""The gate of words: what is too like the last spoken lines is not spoken. Pure."""

from __future__ import annotations

import math
import re
import time
from collections import Counter, deque

from rapidfuzz import fuzz

from .line import Line, Lines

COMPARED = 5
"""Lines spoken last that a new one is compared with."""
SAME_WITHIN = 300.0
"""Seconds within which nothing is said in nearly the same words again."""
SAME = 0.92
"""Likeness of nearly the same words."""
SUSPECT = 0.6
"""Likeness of the beginnings from which on the end of the sentence is waited for."""
BEGINNING = 16
"""Letters that tell whether a line begins as another did."""
MOST_KEPT = 200

_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"[.!?\u2026\u3002\uff01\uff1f]+(?:\s|$)")


class Repeats:
    """Knows what was spoken, or will be, and compares."""

    def __init__(self, lines: Lines, threshold: float) -> None:
        """``threshold``: likeness, 0 to 1, from which on a line is a repeat; 1: none is.

        Rephrasings of an unchanged scene were reported at 0.87 (home-generative-agent, pull request
        450); 0.89 let them through.
        """
        self.threshold = threshold
        self.held_back = 0
        """Lines that were not spoken."""
        self._lines = lines
        self._spoken: deque[tuple[float, str]] = deque(maxlen=MOST_KEPT)
        lines.listen(self._changed)

    def like(self, line: Line, *, whole: bool) -> str | None:
        """The spoken line that this one repeats, "" for none; None: its text does not tell yet.

        ``whole``: no more text will come of it.
        """
        text = _plain(line.text)
        if self.threshold >= 1 or line.live or line.news:
            return ""  # "battery at 12 %" is very like "battery at 11 %"
        if not whole and len(text) < BEGINNING:
            return None
        spoken = [*self._recent(), *self._in_flight(line)]
        if not whole and not _SENTENCE.search(line.text):
            begun = (one[: len(text)] for one in spoken)
            return None if any(likeness(text, one) >= SUSPECT for one in begun) else ""
        older = len(spoken) - COMPARED
        for at, one in enumerate(spoken):
            if likeness(text, one) >= (SAME if at < older else self.threshold):
                return one
        return ""

    def _recent(self) -> list[str]:
        after = time.monotonic() - SAME_WITHIN
        while len(self._spoken) > COMPARED and self._spoken[0][0] < after:
            self._spoken.popleft()
        return [text for _, text in self._spoken]

    def _in_flight(self, but: Line) -> list[str]:
        return [
            _plain(line.text)
            for line in self._lines
            if line is not but and line.kind == "commentary" and line.state != "made"
        ]

    def _changed(self, line: Line) -> None:
        self.held_back += line.reason == "repeat"
        if line.over and line.said and line.kind == "commentary":
            self._spoken.append((time.monotonic(), _plain(line.said)))


def likeness(one: str, other: str) -> float:
    """0 to 1: by letters or by words, whichever is more. Both plain."""
    if not one or not other:
        return 0.0
    return max(fuzz.ratio(one, other) / 100, _cosine(one, other))


def _cosine(one: str, other: str) -> float:
    """Of the two bags of words."""
    first, second = Counter(one.split()), Counter(other.split())
    lengths = math.sqrt(sum(n * n for n in first.values()) * sum(n * n for n in second.values()))
    return sum(count * second[word] for word, count in first.items()) / lengths


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))
