"""What a booth writes while it speaks: its text streams become events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from livekit import rtc

from config.agent_name import LINE_TOPIC
from config.tasks import Tasks
from web.events import Events
from web.feed import decoded
from web.rooms.participants import is_booth

log = logging.getLogger("web.rooms")

TOPIC_TRANSCRIPTION, ATTRIBUTE_SEGMENT = "lk.transcription", "lk.segment_id"
"""As in `livekit.agents.types`, which would take 58 MB."""

LIMIT = 120.0
"""Seconds until a stream must have ended."""
LONGEST = 16_384
"""Characters of a stream that are read."""
OPEN = 32
"""Streams that may be open at once."""


class Texts:
    """Reads those of booths: anybody may write on the same topics."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._tasks = Tasks(log.warning)

    def listen(self, room: rtc.Room) -> None:
        """To this room too."""
        for topic, take in ((LINE_TOPIC, self._line), (TOPIC_TRANSCRIPTION, self._words)):

            def on_stream(
                reader: rtc.TextStreamReader,
                identity: str,
                take: Callable[[rtc.TextStreamReader], Awaitable[None]] = take,
            ) -> None:
                known = is_booth(room.remote_participants.get(identity))
                if known and len(self._tasks) < OPEN:
                    self._tasks.once("a text stream", _bounded(take(reader)))

            room.register_text_stream_handler(topic, on_stream)

    async def aclose(self) -> None:
        """Read no more. Idempotent."""
        await self._tasks.aclose()

    async def _line(self, reader: rtc.TextStreamReader) -> None:
        text = ""
        async for piece in reader:
            text = (text + piece)[:LONGEST]
        if line := decoded(text):
            self._events.put("alert" if line.get("kind") == "alert" else "line", line)

    async def _words(self, reader: rtc.TextStreamReader) -> None:
        line = (reader.info.attributes or {}).get(ATTRIBUTE_SEGMENT, "")
        text = ""
        async for piece in reader:
            text = (text + piece)[:LONGEST]
            self._events.put("words", {"id": line, "text": text, "final": False})
        self._events.put("words", {"id": line, "text": text, "final": True})


async def _bounded(work: Awaitable[None]) -> None:
    """What breaks off costs this stream."""
    try:
        async with asyncio.timeout(LIMIT):
            await work
    except Exception as error:  # LiveKit's StreamError, which is no public one
        log.debug("a text stream was not read to its end: %s", type(error).__name__)
