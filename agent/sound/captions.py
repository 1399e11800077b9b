"""Captions: LiveKit's `lk.transcription` text streams, one segment a line, word by word."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from livekit import rtc
from livekit.agents.types import (
    ATTRIBUTE_TRANSCRIPTION_FINAL,
    ATTRIBUTE_TRANSCRIPTION_SEGMENT_ID,
    ATTRIBUTE_TRANSCRIPTION_TRACK_ID,
    TOPIC_TRANSCRIPTION,
)

from agent.commentator.line import Line
from agent.sound.caption_pace import revealed

log = logging.getLogger("pressbox.captions")

STEP = 0.08
"""Seconds between looks at the voice: well below the length of a word."""

SEND_TIMEOUT = 5.0


class Captions:
    """Streams each line's words as they are heard.

    The segment's id is the line's id, so that a page can match captions to `pressbox.line`.
    """

    def __init__(self, room: rtc.Room, track_sid: Callable[[], str]) -> None:
        """`track_sid()`: the track that speaks the lines."""
        self._room = room
        self._track_sid = track_sid
        self._ended = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def begin(self, line: Line) -> None:
        """`line` begins to be heard now, or is to be read now if it is not spoken."""
        self.end()
        self._ended = asyncio.Event()
        task = asyncio.create_task(self._follow(line, self._ended), name=f"captions {line.id}")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def end(self) -> None:
        """The line has ended, or was interrupted: what has not been heard is not shown."""
        self._ended.set()

    async def aclose(self) -> None:
        """End the caption under way and wait for it. Idempotent."""
        self.end()
        if self._closing:
            await asyncio.wait(self._closing, timeout=SEND_TIMEOUT)

    async def _follow(self, line: Line, ended: asyncio.Event) -> None:
        try:
            await self._stream(line, ended)
        except (TimeoutError, ConnectionError, RuntimeError) as error:
            log.warning("a caption could not be sent: %s", error or type(error).__name__)

    async def _stream(self, line: Line, ended: asyncio.Event) -> None:
        if not self._room.isconnected():
            return
        started, sent = time.monotonic(), ""
        async with asyncio.timeout(SEND_TIMEOUT):
            writer = await self._open(line)
        while True:
            over = ended.is_set()
            text = caption(line, time.monotonic() - started, over)
            if len(text) > len(sent):
                async with asyncio.timeout(SEND_TIMEOUT):
                    await writer.write(text[len(sent) :])
                sent = text
            if over:
                break
            await _wait(ended, STEP)
        async with asyncio.timeout(SEND_TIMEOUT):
            await writer.aclose(attributes={ATTRIBUTE_TRANSCRIPTION_FINAL: "true"})

    async def _open(self, line: Line) -> rtc.TextStreamWriter:
        return await self._room.local_participant.stream_text(
            topic=TOPIC_TRANSCRIPTION,
            attributes={
                ATTRIBUTE_TRANSCRIPTION_FINAL: "false",
                ATTRIBUTE_TRANSCRIPTION_SEGMENT_ID: line.id,
                ATTRIBUTE_TRANSCRIPTION_TRACK_ID: self._track_sid(),
            },
        )


def caption(line: Line, heard: float, over: bool) -> str:
    """What of `line` is shown `heard` seconds after it began; all of it once it was heard out."""
    text = line.text.strip()
    if not line.audio_seconds:
        return text
    if over and line.duration and heard >= line.duration - STEP:
        return text
    return revealed(text, heard, line.duration)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
