"""From the commentator's lines to LiveKit's generations, one after another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal

from livekit import rtc
from livekit.agents import llm

from .audio import SAMPLE_RATE
from .commentator.commentator import Commentator
from .commentator.line import Line
from .log import logger

LINE_KEY = "pressbox.line"
"""Key of the ``Line`` in the ``userdata`` of its first audio frame."""

TAKE_TIMEOUT = 30.0
"""Seconds within which ``AgentSession`` must begin to play a line and, beyond what it has to play,
go on with it; then the next one is handed over anyway.
"""

LOOK_AGAIN = 0.1
"""Seconds after which it is seen how far a line has been taken."""


class HandOver:
    """Hands over one line at a time, and follows it while it plays.

    ``AgentSession`` says neither when it plays a line nor when that has ended: it plays once the
    first of it is taken, and for as long as it lasts. In text mode nobody takes its sound.
    """

    def __init__(
        self,
        commentator: Commentator[Any],
        give: Callable[[Line, AsyncIterator[llm.MessageGeneration]], None],
    ) -> None:
        """``give(line, messages)`` hands the line over."""
        self._commentator = commentator
        self._lines = commentator.lines
        self._give = give
        self._is_played = False
        """Somebody takes the sound of the line that is handed over."""

    async def run(self) -> None:
        """Go on until the commentator is closed."""
        async for line in self._commentator:
            try:
                if await self._commentator.until_start(line):
                    self._is_played = False
                    self._give(line, self._messages(line))
                    await self._follow(line)
            except Exception:  # of whoever listens: one line is lost, and no more
                logger.exception("line %s could not be handed over", line.id)
            finally:  # nobody else moves it on
                self._lines.drop(line, "error", "the line could not be handed over")

    def end_what_plays(self) -> None:
        """LiveKit has come to the end of it: it is asking for something else."""
        for line in self._lines:
            if line.state == "playing":
                self._lines.move(line, "ended")

    async def _follow(self, line: Line) -> None:
        given = time.monotonic()
        while not line.over:
            end = given if line.started_at is None else line.started_at + _playable(line)
            complete = line.started_at is not None and line.duration is not None
            taken = complete and not (line.speech and self._is_played)
            left = end + (0.0 if taken else TAKE_TIMEOUT) - time.monotonic()
            if left > 0:
                await self._commentator.change(min(left, LOOK_AGAIN))
            elif taken:
                self._lines.move(line, "ended")
            else:
                logger.warning("line %s was handed over and not played", line.id)
                self._lines.drop(line, "cancelled")

    async def _messages(self, line: Line) -> AsyncIterator[llm.MessageGeneration]:
        modalities: asyncio.Future[list[Literal["text", "audio"]]] = asyncio.Future()
        modalities.set_result(["text"] if line.text_only else ["text", "audio"])
        yield llm.MessageGeneration(
            message_id=line.id,
            text_stream=self._text(line),
            audio_stream=self._audio(line),
            modalities=modalities,
        )

    async def _text(self, line: Line) -> AsyncIterator[str]:
        sent = 0
        while line.state != "dropped":
            if len(line.text) > sent:
                if not self._take(line):
                    return
                text, sent = line.text[sent:], len(line.text)
                yield text
            elif line.duration is not None:
                return
            else:
                await self._commentator.change()

    async def _audio(self, line: Line) -> AsyncIterator[rtc.AudioFrame]:
        userdata: dict[str, Any] = {LINE_KEY: line}
        self._is_played = True
        while True:
            if line.speech and self._take(line):
                pcm = line.speech.popleft()
                yield rtc.AudioFrame(pcm, SAMPLE_RATE, 1, len(pcm) // 2, userdata=userdata)
                userdata = {}
            elif line.duration is not None:
                return
            else:
                await self._commentator.change()

    def _take(self, line: Line) -> bool:
        """The first of it is about to be heard or read; False: it must not be, LiveKit may have
        held it back for long.
        """
        if line.state == "waiting" and not self._commentator.drop_late(line):
            self._lines.move(line, "playing")
        return line.state != "dropped"


def _playable(line: Line) -> float:
    """Seconds that the line plays, as far as it is made."""
    return line.audio_seconds if line.length is None else line.length
