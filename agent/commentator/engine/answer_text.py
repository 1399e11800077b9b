"""The text of an answer, of which engines send up to two. Pure."""

from __future__ import annotations

from agent.commentator.engine.chunks import Delta


class AnswerText:
    """Text or transcript, whichever comes first: some engines send one, some both."""

    def __init__(self) -> None:
        self._source = ""

    def added(self, delta: Delta) -> str:
        """What a piece of the answer adds to its text."""
        if not self._source:
            self._source = "text" if delta.text else "transcript" if delta.transcript else ""
        return delta.transcript if self._source == "transcript" else delta.text


def is_blank(text: str) -> bool:
    """Whether a text says nothing: empty, or only dots and other marks."""
    return not any(letter.isalnum() for letter in text)
