"""What becomes of a dispatch when its job ends."""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc
from livekit.agents import JobContext

from config.server_api import ERRORS, server_api
from config.settings import Settings
from config.tasks import Tasks

log = logging.getLogger("pressbox.worker")

LIMIT = 5.0
"""Seconds for LiveKit to take a dispatch back."""


class Dispatch:
    """The dispatch that a job comes from. It stands after the job has gone, and another agent is
    sent for it, unless it is withdrawn: where somebody removed the agent, or it is one too many.
    """

    def __init__(self, context: JobContext, settings: Settings) -> None:
        self._context = context
        self._settings = settings
        self._tasks = Tasks(lambda _: None)
        context.room.on("disconnected", self._disconnected)
        context.add_shutdown_callback(self.aclose)

    def end(self, why: str) -> None:
        """End the job, and the order with it."""
        self._tasks.once("the end of a dispatch", self._withdraw())
        self._context.shutdown(why)

    async def aclose(self) -> None:
        """Wait until what is being withdrawn is. Idempotent."""
        await self._tasks.aclose(grace=LIMIT)

    def _disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        # At once: the booth may be in the midst of its start, and whoever looks after the room
        # waits for a second or two only.
        if reason == rtc.DisconnectReason.PARTICIPANT_REMOVED:
            self._tasks.once("the end of a dispatch", self._withdraw())

    async def _withdraw(self) -> None:
        job, settings = self._context.job, self._settings
        try:
            async with (
                asyncio.timeout(LIMIT),
                server_api(settings) as lkapi,
            ):
                await lkapi.agent_dispatch.delete_dispatch(job.dispatch_id, job.room.name)
        except ERRORS as error:
            log.info("the dispatch to room %s stays: %s", job.room.name, type(error).__name__)
