"""Sends a commentator to rooms that were there before their first viewer: LiveKit ignores agents
in the token of a room that exists, and not every server is looked after by a launcher of ours.
"""

from __future__ import annotations

import asyncio
import logging

from livekit import api

from config.agent_name import AGENT_NAME
from config.log import about
from config.origins import installation_key
from config.server_api import ERRORS, server_api
from config.settings import Settings
from config.tasks import Tasks

log = logging.getLogger("web.rooms")

PATIENCE = 6.0
"""Seconds that others have to bring a commentator."""
API_LIMIT = 5.0
"""Seconds."""
MOST = 64
"""Rooms that are waited for at a time."""


class Commentators:
    """Belongs to one server of tokens."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rooms: set[str] = set()
        self._tasks = Tasks(log.warning)

    def expect(self, room: str) -> None:
        """A viewer goes into this room, who has asked for one."""
        if room not in self._rooms and len(self._rooms) < MOST:
            self._rooms.add(room)
            with about(room=room):
                self._tasks.once(f"a commentator for room {room}", self._later(room))

    async def aclose(self) -> None:
        """Idempotent."""
        await self._tasks.aclose()

    async def _later(self, room: str) -> None:
        try:
            await asyncio.sleep(PATIENCE)
            await bring(self._settings, room)
        finally:
            self._rooms.discard(room)


async def bring(settings: Settings, room: str) -> None:
    """Dispatch a commentator unless the room has a dispatch of one, or our launcher sees to it."""
    key = settings.livekit_api_key, settings.livekit_api_secret.get_secret_value()
    if await asyncio.to_thread(installation_key, settings.state_dir) == key:
        return
    try:
        async with (
            asyncio.timeout(API_LIMIT),
            server_api(settings) as lkapi,
        ):
            there = await lkapi.agent_dispatch.list_dispatch(room)
            if not any(one.agent_name == AGENT_NAME for one in there):
                log.info("room %s has no commentator: sending one", room)
                await lkapi.agent_dispatch.create_dispatch(
                    api.CreateAgentDispatchRequest(agent_name=AGENT_NAME, room=room)
                )
    except ERRORS as error:
        log.info("no commentator for room %s: %s", room, type(error).__name__)
