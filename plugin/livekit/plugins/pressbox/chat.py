"""LiveKit's chat context of a session, kept to a bounded length."""

from __future__ import annotations

import time

from livekit.agents import llm

from .commentator.history import History
from .commentator.line import Line
from .commentator.prompt import Turn

MAX_ITEMS = 100
"""Items that are kept; commentary goes on for hours."""


class Chat:
    """The chat context; what of it are turns is what the commentator remembers."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._answered = ""
        self.context = llm.ChatContext.empty()

    def replace(self, context: llm.ChatContext) -> None:
        """Adopt LiveKit's version, which may lack items that nobody heard."""
        self.context = llm.ChatContext(list(context.items[-MAX_ITEMS:]))
        self._history.replace(
            {
                message.id: Turn("assistant" if message.role == "assistant" else "user", text)
                for message in self.context.messages()
                if message.role in ("user", "assistant") and (text := message.text_content)
            }
        )

    def take_question(self) -> str:
        """The text of the newest message if it is a user's that was not taken before, else ''."""
        messages = self.context.messages()
        if not messages or messages[-1].role != "user" or messages[-1].id == self._answered:
            return ""
        self._answered = messages[-1].id
        return messages[-1].text_content or ""

    def over(self, line: Line) -> None:
        """The line has ended or was dropped: what was said of it is a message."""
        if line.said:
            self._put(line.id, line.said, interrupted=line.state == "dropped")

    def correct(self, line_id: str, text: str) -> None:
        """So much of that line was heard, maybe nothing."""
        self._history.correct(line_id, text)
        self._put(line_id, text, interrupted=True)

    def _put(self, line_id: str, text: str, *, interrupted: bool) -> None:
        message = llm.ChatMessage(
            id=line_id,
            role="assistant",
            content=[text],
            interrupted=interrupted,
            created_at=time.time(),
        )
        kept = [item for item in self.context.items if item.id != line_id]
        self.context = llm.ChatContext([*kept, *([message] if text else [])][-MAX_ITEMS:])
