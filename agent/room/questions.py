"""Questions and orders on `lk.chat`, from anybody in the room, one after another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from livekit import rtc

from config.tasks import Tasks, Tell

log = logging.getLogger("pressbox.questions")

TOPIC = "lk.chat"
WAITING = 8
"""Questions that may wait; beyond that the newest is refused."""

READING = 8
"""Questions that may be on their way at once."""

MAX_LENGTH = 1000
READ_TIMEOUT = 10.0
ANSWER_TIMEOUT = 60.0


class AnswerError(Exception):
    """A question has no answer; the text says why, one line that everybody may read."""


class Questions:
    """Reads chat streams and has each question answered in turn.

    `answer(text, identity)` returns when the answer has been heard; what it raises is told, and the
    next one's turn comes. `refused()` is called for each question that no engine will be asked:
    somebody waits for its answer.
    """

    def __init__(
        self,
        room: rtc.Room,
        *,
        answer: Callable[[str, str], Awaitable[None]],
        refused: Callable[[], None],
        tell: Tell,
    ) -> None:
        self._room = room
        self._answer = answer
        self._refused = refused
        self._tell = tell
        self._asked: asyncio.Queue[tuple[str, str]] = asyncio.Queue(WAITING)
        self._readers: set[rtc.TextStreamReader] = set()
        self._tasks = Tasks(tell)
        self._listening = False

    def start(self) -> None:
        """Begin to listen. Raises ValueError if somebody else listens already."""
        self._room.register_text_stream_handler(TOPIC, self._on_stream)
        self._listening = True
        self._tasks.keep("answering", self._serve)

    async def aclose(self) -> None:
        """Stop listening and wait. Idempotent."""
        if self._listening:
            self._listening = False
            self._room.unregister_text_stream_handler(TOPIC)
        await self._tasks.aclose()

    def _on_stream(self, reader: rtc.TextStreamReader, identity: str) -> None:
        if identity == self._room.local_participant.identity:
            reader.close()
        elif len(self._readers) >= READING:
            reader.close()
            self._refuse(identity, f"{READING} others come at this moment")
        else:
            self._readers.add(reader)
            reading = self._tasks.once(f"reading {identity}", self._read(reader, identity))
            reading.add_done_callback(lambda _: self._done(reader))

    def _done(self, reader: rtc.TextStreamReader) -> None:
        """LiveKit keeps a reader that is not closed for as long as the process lives."""
        self._readers.discard(reader)
        reader.close()

    async def _read(self, reader: rtc.TextStreamReader, identity: str) -> None:
        try:
            async with asyncio.timeout(READ_TIMEOUT):
                text = (await _beginning(reader)).strip()
        except (TimeoutError, ConnectionError):
            self._refuse(identity, "it did not arrive whole")
            return
        if len(text) > MAX_LENGTH:
            self._refuse(identity, f"it is longer than {MAX_LENGTH} characters")
        elif self._asked.full():
            self._refuse(identity, f"{WAITING} others wait, please ask again in a while")
        elif text:
            log.info("%s asks: %s", identity, text)
            self._asked.put_nowait((text, identity))

    def _refuse(self, identity: str, why: str) -> None:
        self._tell(f"the question of {identity} was refused: {why}")
        self._refused()

    async def _serve(self) -> None:
        while True:
            text, identity = await self._asked.get()
            limit = asyncio.timeout(ANSWER_TIMEOUT)
            try:
                async with limit:
                    await self._answer(text, identity)
            except Exception as error:
                why = f"nothing came in {ANSWER_TIMEOUT:.0f} s" if limit.expired() else _kind(error)
                self._tell(f"the question of {identity} could not be answered: {why}")


def _kind(error: Exception) -> str:
    """What everybody may read: the text of a foreign error may hold a password."""
    if isinstance(error, AnswerError):
        return str(error)
    log.error("answering failed", exc_info=error)
    return type(error).__name__


async def _beginning(reader: rtc.TextStreamReader) -> str:
    """All of a text, or more than MAX_LENGTH letters of one that is longer. Raises StreamError."""
    text = ""
    async for piece in reader:
        text += piece
        if len(text) > MAX_LENGTH:
            break
    return text
