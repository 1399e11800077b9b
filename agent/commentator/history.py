"""What was said, by the commentator and to it, and of which picture. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from agent.commentator.line import Line, Lines
from agent.commentator.prompt import Turn
from agent.commentator.window import Grey

MAX_KEPT = 100
MAX_TURNS = 8
"""Earlier turns that go with a request."""


class History:
    """The turns of one commentator: what was heard, and what of the lines in flight will be."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._turns: dict[str, Turn] = {}
        lines.listen(self._changed)

    def replace(self, turns: Mapping[str, Turn]) -> None:
        """Somebody else keeps the record: this is it, by the id of the message or line."""
        self._turns = dict(list(turns.items())[-MAX_KEPT:])

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
        return turns[-MAX_TURNS:]

    def _changed(self, line: Line) -> None:
        if not line.over or not line.said:
            return
        if line.question:
            self._turns.setdefault(f"question of {line.id}", Turn("user", line.question))
        self._turns[line.id] = Turn("assistant", line.said)
        for oldest in list(self._turns)[:-MAX_KEPT]:
            del self._turns[oldest]


class LastPicture:
    """The picture of the newest line of commentary that was said, or is in flight."""

    def __init__(self, lines: Lines) -> None:
        self._pictures: list[tuple[Line, Grey]] = []
        lines.listen(self._changed)

    @property
    def grey(self) -> Grey | None:
        return self._pictures[-1][1] if self._pictures else None

    def add(self, line: Line, grey: Grey) -> None:
        """The line, which is asked for now, is about this picture."""
        self._pictures.append((line, grey))

    def clear(self) -> None:
        """The source is another one."""
        self._pictures.clear()

    def _changed(self, line: Line) -> None:
        """Keep the last one that was said and those after it that still may be."""
        at = next((at for at, (one, _) in enumerate(self._pictures) if one is line), None)
        if at is None or not line.over:
            return
        if line.said:
            del self._pictures[:at]
        else:
            del self._pictures[at]
