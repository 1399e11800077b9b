"""The questions of a room with a scripted commentator, on virtual time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from livekit.plugins.pressbox.commentator import (
    Commentator,
    DropReason,
    Line,
    Output,
    PlaybackPacer,
    new_line,
)
from opentelemetry import trace

from agent.clock.display_clock import DisplayClock
from agent.room.questions.chat import TOPIC
from agent.room.questions.questions import Questions
from tests.support.fake_rtc import FakeRoom, FakeRtc

DELAY = 3.0


class Stage(Output):
    """Stands in for the commentator: answers after `seconds`, or drops the line as it is told, and
    writes down what it hears.
    """

    def __init__(self, room: FakeRoom) -> None:
        super().__init__(PlaybackPacer())
        self.room = room
        self.remark = ""
        self.counted: list[str] = []
        self.questions = Questions(
            room,
            cast("Commentator[Any]", self),
            DisplayClock(DELAY),
            remark=lambda: self.remark,
            order=lambda text, who: f"{who}, I am brief." if text == "be brief" else None,
            count=lambda question: self.counted.append(question.state),
            tell=lambda text: self.told.append(text),
        )
        self.seconds = 2.0
        self.drops: list[tuple[DropReason, str]] = []
        self.bug: Exception | None = None
        self.asked: list[tuple[str, str]] = []
        self.seen: list[float | None] = []
        self.instructions: list[str] = []
        self.traces: list[int] = []
        self.said: list[str] = []
        self.told: list[str] = []
        self.silenced = 0
        self.over: list[tuple[str, str | None]] = []
        self.named: set[str] = set()
        self.lines.listen(self._changed)
        self._playing: set[asyncio.Task[None]] = set()

    def chat(self, identity: str, text: str) -> None:
        self.room.stream(TOPIC, identity, [text])

    async def call(self, method: str, identity: str, **payload: object) -> dict[str, object]:
        answer = await self.room.local.called(method, json.dumps(payload), caller=identity)
        found: dict[str, object] = json.loads(answer or "")
        return found

    def replies(self, identity: str) -> list[str]:
        """What was written to this one in the chat, and to nobody else."""
        return [
            text.text
            for text in (*self.room.local.texts, *self.room.local.packets)
            if text.to == (identity,)
        ]

    async def aclose(self) -> None:
        await self.questions.aclose()
        await self.questions.aclose()
        for task in self._playing:
            task.cancel()
        if self._playing:
            await asyncio.wait(self._playing)

    # the commentator

    def ask(
        self, question: str, instructions: str, _: bytes, *, asker: str, seen: float, line_id: str
    ) -> Line:
        self.asked.append((question, asker))
        self.seen.append(seen)
        self.instructions.append(instructions)
        self.traces.append(trace.get_current_span().get_span_context().trace_id)
        if bug := self.bug:
            self.bug = None
            raise bug
        return self._play(_line(question, asker, line_id), f"To {question}")

    def say(self, text: str, *, asker: str, question: str, line_id: str) -> Line:
        self.said.append(text)
        return self._play(_line(question, asker, line_id), text)

    def silence(self) -> None:
        self.silenced += 1

    def _play(self, line: Line, text: str) -> Line:
        self.lines.add(line)
        if self.drops and line.question:
            self.lines.drop(line, *self.drops.pop(0))
        else:
            line.text, line.text_only = text, True
            self._playing.add(asyncio.create_task(self._through(line)))
        return line

    async def _through(self, line: Line) -> None:
        lines = self.lines
        await asyncio.sleep(0.1)
        lines.move(line, "ready")
        while any(one.state == "playing" for one in lines):
            await asyncio.sleep(0.05)
        if lines.move(line, "waiting") and lines.move(line, "playing"):
            await asyncio.sleep(self.seconds)
            lines.move(line, "ended")

    def _changed(self, line: Line) -> None:
        if line.over:
            self.over.append((line.question, line.reason))
            self.named.add(line.asker_name)


def _line(question: str, asker: str, line_id: str) -> Line:
    line = new_line("answer", anchor=0.0, requested_at=0.0, question=question, asker=asker)
    line.id = line_id or line.id
    return line


@asynccontextmanager
async def stage(fake_rtc: FakeRtc, *identities: str) -> AsyncIterator[Stage]:
    """In a room with these people; a name is an identity with a capital."""
    room = fake_rtc.room()
    for identity in identities:
        room.join(identity, name=identity.capitalize())
    on = Stage(room)
    on.questions.start()
    try:
        yield on
    finally:
        await on.aclose()
        assert room.readers == []
