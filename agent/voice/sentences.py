"""A text that grows, cut into pieces that can be spoken one after another. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from livekit.plugins.pressbox.commentator.clauses import (
    CLAUSE_END,
    SENTENCE_END,
    ends_sentence,
    whole_clauses,
)

EARLY = 40
"""Characters from which on the first piece may end at a clause, so that speech begins early."""
LONG = 140
"""Characters from which on any piece may."""
LONGEST = 240
"""Characters at which a piece ends between two words."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Something to say. ``whole``: it ends where a sentence ends."""

    text: str
    whole: bool


class SentenceCutter:
    """Gives pieces as soon as they are known to be over."""

    def __init__(self) -> None:
        self._text = ""
        self._first = True

    def push(self, text: str) -> list[Piece]:
        """Add text of any length; returns the pieces that are due."""
        self._text += text
        due = []
        while (cut := self._cut()) is not None:
            due += self._piece(*cut)
        return due

    def flush(self, *, broken: bool = False) -> list[Piece]:
        """The text is over: what is left of it; of one that broke off only whole clauses."""
        if broken:
            self._text = whole_clauses(self._text)
        return self._piece(len(self._text), True)

    def _cut(self) -> tuple[int, bool] | None:
        """Where the next piece ends, and whether a sentence ends there; None: not known yet."""
        end = next(
            (m.end() for m in SENTENCE_END.finditer(self._text) if ends_sentence(self._text, m)),
            None,
        )
        if end is not None and end <= LONGEST:
            return end, True
        least = EARLY if self._first else LONG
        if len(self._text) > least:
            clauses = [
                m.end() for m in CLAUSE_END.finditer(self._text) if EARLY <= m.end() <= LONGEST
            ]
            if clauses:
                return clauses[0 if self._first else -1], False
        if len(self._text) > LONGEST:
            space = self._text.rfind(" ", EARLY, LONGEST)
            return (space if space > 0 else LONGEST), False
        return None

    def _piece(self, end: int, whole: bool) -> list[Piece]:
        text, self._text = " ".join(self._text[:end].split()), self._text[end:]
        if not any(letter.isalnum() for letter in text):
            return []
        self._first = False
        return [Piece(text, whole)]
