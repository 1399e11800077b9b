"""What was said: LiveKit's chat context of the session, kept to a bounded length."""

from __future__ import annotations

import time
from collections import OrderedDict

from livekit.agents import llm

from agent.commentator.line import Line
from agent.commentator.prompt import Turn

MAX_ITEMS = 100
"""Items that the chat context keeps; commentary goes on for hours."""
MAX_TURNS = 8
"""Earlier turns that go with a request."""
MAX_LINES = 16
"""Lines that are remembered as lines, for truncation."""


class History:
    """The chat context, and the lines that are ready but not yet in it."""

    def __init__(self) -> None:
        self._chat_ctx = llm.ChatContext.empty()
        self._waiting: dict[str, Line] = {}
        self._open: OrderedDict[str, Line] = OrderedDict()
        self._answered = ""

    @property
    def chat_ctx(self) -> llm.ChatContext:
        return self._chat_ctx.copy()

    def replace(self, chat_ctx: llm.ChatContext) -> None:
        """Adopt LiveKit's version, which may lack items that nobody heard."""
        self._chat_ctx = llm.ChatContext(list(chat_ctx.items[-MAX_ITEMS:]))

    def take_question(self) -> str:
        """The text of the newest message if it is a user's that was not taken before, else ''."""
        messages = self._chat_ctx.messages()
        if not messages or messages[-1].role != "user" or messages[-1].id == self._answered:
            return ""
        self._answered = messages[-1].id
        return messages[-1].text_content or ""

    def turns(self, *, but: str) -> list[Turn]:
        """The last turns in order, also of lines that wait; without a last one that is ``but``."""
        turns = [
            Turn("assistant" if message.role == "assistant" else "user", text)
            for message in self._chat_ctx.messages()
            if message.role in ("user", "assistant") and (text := message.text_content)
        ]
        if turns and turns[-1] == Turn("user", but):
            turns.pop()
        turns += [Turn("assistant", line.text) for line in self._waiting.values() if line.text]
        return turns[-MAX_TURNS:]

    def line_ready(self, line: Line) -> None:
        self._waiting[line.id] = line

    def line_dropped(self, line: Line) -> None:
        """It was not heard: it was never said."""
        self._waiting.pop(line.id, None)
        self._open.pop(line.id, None)
        self._set_text(line.id, "")

    def line_emitted(self, line: Line) -> None:
        self._waiting.pop(line.id, None)
        message = llm.ChatMessage(
            id=line.id, role="assistant", content=[line.text], created_at=time.time()
        )
        self._chat_ctx.items = [*self._chat_ctx.items, message][-MAX_ITEMS:]
        self._open[line.id] = line
        while len(self._open) > MAX_LINES:
            self._open.popitem(last=False)

    def line_made(self, line: Line) -> None:
        """Its text is final, unless it was cut or taken out meanwhile."""
        if line.id in self._open:
            self._set_text(line.id, line.text)

    def truncate(self, message_id: str, *, heard: str | None, seconds: float) -> None:
        """Keep what was heard: the given text, or as much of it as fits the seconds heard."""
        line = self._open.pop(message_id, None)
        if heard is None and line is not None:
            share = seconds / line.audio_seconds if line.audio_seconds else 0.0
            words = line.text.split()
            heard = " ".join(words[: int(len(words) * min(1.0, share))])
        if heard is not None:
            self._set_text(message_id, heard.strip(), interrupted=True)

    def _set_text(self, message_id: str, text: str, *, interrupted: bool = False) -> None:
        items: list[llm.ChatItem] = []
        for item in self._chat_ctx.items:
            if item.id == message_id and isinstance(item, llm.ChatMessage):
                if not text:
                    continue
                item = item.model_copy(update={"content": [text], "interrupted": interrupted})
            items.append(item)
        self._chat_ctx.items = items
