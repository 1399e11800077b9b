"""Sends small messages to the room one after another, without making anyone wait."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger("pressbox.sender")

BOUND = 64
SEND_TIMEOUT = 5.0

Send = Callable[[], Awaitable[object]]


class Sender:
    """A bounded queue of sends with one owner; when it is full the oldest one goes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._sends: asyncio.Queue[Send] = asyncio.Queue(BOUND)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.create_task(self._run(), name=f"sender.{self._name}")

    def put(self, send: Send) -> None:
        """Queue one send; never waits."""
        if self._sends.full():
            self._sends.get_nowait()
            log.warning("%s: the room does not take messages, one was left out", self._name)
        self._sends.put_nowait(send)

    async def aclose(self) -> None:
        """Stop, and leave out what was not sent. Idempotent."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while True:
            send = await self._sends.get()
            try:
                async with asyncio.timeout(SEND_TIMEOUT):
                    await send()
            except Exception as error:
                # LiveKit raises bare Exception subclasses; one lost message must not end the rest.
                log.warning("%s: a message was lost: %s", self._name, error)
