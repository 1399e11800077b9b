"""Captions, one segment a line, word by word: LiveKit's `lk.transcription` text streams, and beside
them the older transcription packets, which are all that some front ends and mobile SDKs read.
"""

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
from livekit.plugins.pressbox.commentator import Line

from agent.room.room import Room, TextWriter
from config.tasks import Tasks, Tell

log = logging.getLogger("pressbox.captions")

STEP = 0.08
"""Seconds between looks at the voice: well below the length of a word."""

SEND_TIMEOUT = 5.0
PACKET_TIMEOUT = 0.5

LEAVING = 0.5
"""Seconds until it shows whether what failed did so because the room is being left."""

OPEN = 4
"""Captions that may be open at once: one grows, the others wait for the room to take their end."""
OPEN_LATE = 16
"""Those for single participants, besides."""


class Captions:
    """Streams each line's words as they are heard.

    The segment's id is the line's id, so that a page can match captions to `pressbox.line`.
    """

    def __init__(self, room: Room, track_sid: Callable[[], str], *, tell: Tell) -> None:
        """`track_sid()`: the track that speaks the lines."""
        self._room = room
        self._track_sid = track_sid
        self._tasks, self._late = Tasks(tell), Tasks(tell)
        self._current: Line | None = None
        self._open = False

    def start(self) -> None:
        """Begin to caption."""
        self._open = True

    def changed(self, line: Line) -> None:
        """For `Lines.listen`: a line that plays gets its caption."""
        if not self._open or line.state != "playing" or line is self._current:
            return
        self._current = line
        if len(self._tasks) >= OPEN:
            log.warning("the room does not take captions, one was left out")
        elif self._room.isconnected():
            self._tasks.once("a caption", self._follow(line))

    def catch_up(self, identity: str) -> None:
        """What plays at the moment, as far as it was heard and on to its end, to this participant
        alone.
        """
        line = self._current
        if line and not line.over and len(self._late) < OPEN_LATE and self._room.isconnected():
            self._late.once("a caption for one who came late", self._follow(line, [identity]))

    async def aclose(self) -> None:
        """End the caption under way, and wait for it, but not for long. Idempotent."""
        self._open, self._current = False, None
        closing = (tasks.aclose(grace=SEND_TIMEOUT) for tasks in (self._tasks, self._late))
        await asyncio.gather(*closing)

    async def _follow(self, line: Line, to: list[str] | None = None) -> None:
        try:
            await self._stream(line, to)
        except Exception as error:  # LiveKit raises a bare one; it costs this caption only
            await asyncio.sleep(LEAVING)
            if self._room.isconnected():
                why = str(error) or type(error).__name__
                log.warning("a caption was not sent: %s", why, extra={"line": line.id})

    async def _stream(self, line: Line, to: list[str] | None) -> None:
        async with asyncio.timeout(SEND_TIMEOUT):
            writer = await self._begin(line, to)
        sent, packets = "", to is None  # packets go to everybody, and hold the whole segment
        while True:
            over = line.over or line is not self._current
            text = line.said if line.over else line.shown(_heard(line))
            if len(text) > len(sent):
                async with asyncio.timeout(SEND_TIMEOUT):
                    await writer.write(text[len(sent) :])
                sent = text
                packets = packets and await self._packet(line, sent)
            if over:
                break
            await asyncio.sleep(STEP)
        async with asyncio.timeout(SEND_TIMEOUT):
            await writer.aclose(attributes={ATTRIBUTE_TRANSCRIPTION_FINAL: "true"})
        if packets:
            await self._packet(line, sent, final=True)

    async def _packet(self, line: Line, text: str, *, final: bool = False) -> bool:
        """The segment so far, whole, as the older packets have it; whether the room took it. One
        that it does not take must not hold up the stream.
        """
        segment = rtc.TranscriptionSegment(line.id, text, 0, 0, "", final)
        us = self._room.local_participant
        packet = rtc.Transcription(us.identity, self._track_sid(), [segment])
        try:
            async with asyncio.timeout(PACKET_TIMEOUT):
                await us.publish_transcription(packet)
        except Exception as error:  # LiveKit raises a bare one
            log.debug("a transcription packet was not sent: %s", error)
            return False
        return True

    async def _begin(self, line: Line, to: list[str] | None) -> TextWriter:
        return await self._room.local_participant.stream_text(
            topic=TOPIC_TRANSCRIPTION,
            destination_identities=to,
            attributes={
                ATTRIBUTE_TRANSCRIPTION_FINAL: "false",
                ATTRIBUTE_TRANSCRIPTION_SEGMENT_ID: line.id,
                ATTRIBUTE_TRANSCRIPTION_TRACK_ID: self._track_sid(),
            },
        )


def _heard(line: Line) -> float:
    """Seconds of it so far."""
    return 0.0 if line.started_at is None else time.monotonic() - line.started_at
