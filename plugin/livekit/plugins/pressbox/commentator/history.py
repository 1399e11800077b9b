"""What was said, by the commentator and to it, and up to which picture. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from .line import Line, Lines
from .prompt import Turn

MAX_TURNS = 32
"""Earlier turns that are kept, and go with a request."""


class History:
    """The turns of one commentator: what was heard, and what of the lines in flight will be."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._turns: dict[str, Turn] = {}
        self._repeat = ""
        """What would have been said last, had it not been said before."""
        lines.listen(self._changed)

    def replace(self, turns: Mapping[str, Turn]) -> None:
        """Somebody else keeps the record: this is it, by the id of the message or line."""
        self._turns = dict(list(turns.items())[-MAX_TURNS:])

    def correct(self, line_id: str, text: str) -> None:
        """So much of that line was heard, maybe nothing."""
        if line_id in self._turns:
            self._turns[line_id] = Turn("assistant", text)

    def turns(self, *, but: str) -> list[Turn]:
        """The last turns in order, those of lines in flight too; without a last question that is
        ``but``.
        """
        turns = [turn for turn in self._turns.values() if turn.text]
        if turns and turns[-1] == Turn("user", but):
            turns.pop()
        ready = (line for line in self._lines if line.state != "made" and line.text.strip())
        turns += [Turn("assistant", line.text) for line in ready if line.id not in self._turns]
        if self._repeat:
            turns.append(Turn("assistant", self._repeat))
        return turns[-MAX_TURNS:]

    def _changed(self, line: Line) -> None:
        if line.reason == "repeat":
            self._repeat = line.text.strip()
        if not line.over or not line.said:
            return
        self._repeat = ""
        if line.question:
            self._turns.setdefault(f"question of {line.id}", Turn("user", line.question))
        self._turns[line.id] = Turn("assistant", line.said)
        for oldest in list(self._turns)[:-MAX_TURNS]:
            del self._turns[oldest]


class Covered:
    """Up to which picture the commentary has come."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._until = float("-inf")
        self._repeated = False
        lines.listen(self._changed)

    @property
    def until(self) -> float:
        """Capture time of the newest picture that was spoken of, is about to be, or gave nothing to
        say; -infinity for none.
        """
        in_flight = (line.anchor for line in self._lines if line.kind == "commentary")
        return max(self._until, *in_flight, float("-inf"))

    def clear(self) -> None:
        """The source is another one."""
        self._until = float("-inf")

    def _changed(self, line: Line) -> None:
        if not line.over or line.kind != "commentary":
            return
        # What happened may be told in other words: a repeat is given a second try.
        again = line.reason == "repeat" and not self._repeated
        self._repeated = again
        if line.said or line.reason == "empty" or (line.reason == "repeat" and not again):
            self._until = max(self._until, line.anchor)
