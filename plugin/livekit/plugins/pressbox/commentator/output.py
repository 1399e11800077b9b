"""What comes out of a commentator: its lines, one after another, and waiting for what they do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from .line import DropReason, Line, Lines
from .pacer import Pacer

LOOK_AGAIN = 0.05
"""Seconds after which it is seen whether the start of a line has moved."""


class Output:
    """Hands lines out: ``async for line in output``, each once it is ready.

    Who takes one says with ``lines.move`` when it plays and when it has ended, and stops when it
    finds it dropped. Belongs to one event loop.
    """

    def __init__(self, pacer: Pacer) -> None:
        self.lines = Lines(lambda: time.monotonic())
        self.closed = False
        self._pacer = pacer
        self._waiters: set[asyncio.Future[None]] = set()
        pacer.attach(self.lines)
        self.lines.listen(lambda _: self.wake())

    def wake(self) -> None:
        """Something has changed, such as a line's state or its speech."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def drop_unheard(self, reason: DropReason) -> None:
        """Drop the commentary that is not yet heard."""
        for line in self.lines:
            if line.kind == "commentary" and line.state != "playing":
                self.lines.drop(line, reason)

    async def change(self, timeout: float | None = None) -> None:
        """Wait until anything changes, ``timeout`` seconds at most."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            async with asyncio.timeout(timeout):
                await waiter
        except TimeoutError:
            pass
        finally:
            self._waiters.discard(waiter)

    async def __aiter__(self) -> AsyncIterator[Line]:
        while not self.closed:
            line = next((line for line in self.lines if line.state == "ready"), None)
            if line is not None and self.lines.move(line, "waiting"):
                yield line
            else:
                await self.change()

    async def until_start(self, line: Line, lag: float = 0.0) -> bool:
        """Wait until the line, which was handed out, is to start, ``lag`` seconds after its slot;
        False: it was dropped meanwhile, or would not be true any more.
        """
        while line.state == "waiting":
            left = self._pacer.start_time(line) + lag - time.monotonic()
            if left > 0:
                await self.change(min(left, LOOK_AGAIN))
            else:
                return not self.drop_late(line)
        return False

    def drop_late(self, line: Line) -> bool:
        """Drop the line, which is not heard yet, if it would not be true any more; whether so."""
        late = self._pacer.is_late(line)
        if late:
            self.lines.drop(line, "late")
        return late

    async def until_over(self, line: Line) -> None:
        """Wait until the line has ended or was dropped."""
        while not line.over:
            await self.change()
