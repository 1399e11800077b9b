"""Questions and orders on `lk.chat`, from anybody in the room, one after another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from livekit import rtc

log = logging.getLogger("pressbox.questions")

TOPIC = "lk.chat"
BOUND = 8
"""Questions that may wait; beyond that the newest is refused."""

MAX_LENGTH = 1000
READ_TIMEOUT = 10.0
ANSWER_TIMEOUT = 60.0


class Questions:
    """Reads chat streams and has each question answered in turn.

    `answer(text, identity)` returns when the answer has been heard; `refused(text, why)` is told of
    the others.
    """

    def __init__(
        self,
        room: rtc.Room,
        *,
        answer: Callable[[str, str], Awaitable[None]],
        refused: Callable[[str], None],
    ) -> None:
        self._room = room
        self._answer = answer
        self._refused = refused
        self._asked: asyncio.Queue[tuple[str, str]] = asyncio.Queue(BOUND)
        self._reading: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen."""
        self._room.register_text_stream_handler(TOPIC, self._on_stream)
        self._task = asyncio.create_task(self._run(), name="questions.answer")

    async def aclose(self) -> None:
        """Stop listening and wait. Idempotent."""
        if self._task is None:
            return
        self._room.unregister_text_stream_handler(TOPIC)
        tasks = [self._task, *self._reading]
        self._task = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _on_stream(self, reader: rtc.TextStreamReader, identity: str) -> None:
        if identity == self._room.local_participant.identity:
            return
        task = asyncio.create_task(self._read(reader, identity), name="questions.read")
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read(self, reader: rtc.TextStreamReader, identity: str) -> None:
        try:
            text = (await asyncio.wait_for(reader.read_all(), READ_TIMEOUT)).strip()
        except (TimeoutError, ConnectionError) as error:
            log.warning("a question from %s did not arrive: %s", identity, error)
            return
        if not text:
            return
        if len(text) > MAX_LENGTH:
            self._refused(f"a question may have {MAX_LENGTH} characters, this one has {len(text)}")
        elif self._asked.full():
            self._refused(f"{BOUND} questions are waiting already, please ask again in a while")
        else:
            log.info("%s asks: %s", identity, text)
            self._asked.put_nowait((text, identity))

    async def _run(self) -> None:
        while True:
            text, identity = await self._asked.get()
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    await self._answer(text, identity)
            except TimeoutError:
                self._refused(f"no answer within {ANSWER_TIMEOUT:.0f} s")
