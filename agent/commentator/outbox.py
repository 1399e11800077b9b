"""Lines that are ready: each waits for its start, then is handed over, in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from agent.commentator.host import Host, drop
from agent.commentator.line import DropReason, Line
from agent.commentator.pacer import Pacer
from agent.commentator.utterance import Utterance

logger = logging.getLogger(__name__)

NOTICE_TIMEOUT = 2.0
"""Seconds within which the consumer must look at a line handed to it."""
TAKE_TIMEOUT = 30.0
"""Seconds within which it must begin to play it; then the next one is handed over anyway."""


class Outbox:
    """Hands over one line at a time: the next only when the last one is being played."""

    def __init__(
        self,
        *,
        pacer: Pacer,
        host: Host,
        clock: Callable[[], float],
        on_change: Callable[[], None],
    ) -> None:
        self._pacer = pacer
        self._host = host
        self._clock = clock
        self._on_change = on_change
        self._waiting: dict[Utterance, asyncio.Task[None]] = {}
        self._last: Utterance | None = None

    @property
    def waiting(self) -> int:
        """Lines that are ready and not yet handed over."""
        return len(self._waiting)

    def add(self, utterance: Utterance) -> None:
        """A ready line; it is handed over when the pacer says so."""
        before = None if self._last is None else (self._last, self._waiting.get(self._last))
        task = asyncio.create_task(
            self._hand_over_when_due(utterance, before), name="pressbox-waiting-line"
        )
        self._last = utterance
        self._waiting[utterance] = task
        task.add_done_callback(lambda done: self._done(utterance, done))

    def add_now(self, utterance: Utterance) -> None:
        """A ready answer; it is handed over at once."""
        self._last = utterance
        utterance.emitted = True
        self._host.line_emitted(utterance, user_initiated=True)

    def drop_unheard(self, reason: DropReason, *, answers: bool = False) -> None:
        """Give up the lines that wait, and the one handed over of which nothing was played.

        Answers that were handed over are spared unless ``answers`` is set.
        """
        for utterance, task in list(self._waiting.items()):
            drop(utterance, reason, pacer=self._pacer, host=self._host)
            task.cancel()
        last = self._last
        if last is None or last.settled.is_set():
            return
        if answers or last.line.kind != "answer":
            drop(last, reason, pacer=self._pacer, host=self._host)

    def interrupt(self) -> None:
        """Give up what is unheard; what is being played ends now."""
        self.drop_unheard("interrupted", answers=True)
        last = self._last
        if last is not None and last.dropped is None and self._playing(last.line):
            last.dropped = "interrupted"
            self._pacer.dropped(last.line, "interrupted")

    async def aclose(self) -> None:
        self.drop_unheard("cancelled", answers=True)
        if self._waiting:
            await asyncio.wait(set(self._waiting.values()))

    def _playing(self, line: Line) -> bool:
        if line.started_at is None or line.duration is None:
            return True
        return self._clock() < line.started_at + line.duration

    async def _hand_over_when_due(
        self, utterance: Utterance, before: tuple[Utterance, asyncio.Task[None] | None] | None
    ) -> None:
        if before is not None:
            await self._taken(*before)
        await self._pacer.wait_start(utterance.line)
        utterance.emitted = True
        self._host.line_emitted(utterance, user_initiated=False)

    async def _taken(self, before: Utterance, task: asyncio.Task[None] | None) -> None:
        """Wait until the line before is being played, or will never be."""
        if task is not None:
            await asyncio.wait({task})
        if before.settled.is_set():
            return
        try:
            async with asyncio.timeout(NOTICE_TIMEOUT):
                await before.noticed.wait()
            async with asyncio.timeout(TAKE_TIMEOUT):
                await before.settled.wait()
        except TimeoutError:
            logger.warning("line %s was handed over and not played", before.line.id)
            drop(before, "cancelled", pacer=self._pacer, host=self._host)

    def _done(self, utterance: Utterance, done: asyncio.Task[None]) -> None:
        self._waiting.pop(utterance, None)
        if not done.cancelled() and (error := done.exception()) is not None:
            logger.error("a ready line could not be handed over", exc_info=error)
            drop(utterance, "error", pacer=self._pacer, host=self._host)
        self._on_change()
