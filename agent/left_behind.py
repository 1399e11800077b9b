"""Agents that a worker which was killed has left in its rooms.

LiveKit keeps such a participant for about 20 s, and no other agent is sent while it is seen there.
"""

from __future__ import annotations

import asyncio
import logging
import socket

from livekit import api

from config.server_api import ERRORS, server_api
from config.settings import Settings

log = logging.getLogger("pressbox.worker")

HOST_ATTRIBUTE = "pressbox.host"
"""Attribute of an agent: the host name of its worker."""
LIMIT = 5.0
"""Seconds; a server that does not answer has no agents either."""


async def remove(settings: Settings) -> None:
    """Take those of this host out of all rooms. Only right before its only worker begins."""
    try:
        async with (
            asyncio.timeout(LIMIT),
            server_api(settings) as lkapi,
        ):
            for room in (await lkapi.room.list_rooms(api.ListRoomsRequest())).rooms:
                await _clear(lkapi, room.name)
    except ERRORS as error:
        log.info("nobody was looked for in the rooms: %s", type(error).__name__)


async def _clear(lkapi: api.LiveKitAPI, room: str) -> None:
    found = await lkapi.room.list_participants(api.ListParticipantsRequest(room=room))
    for one in found.participants:
        agent = one.kind == api.ParticipantInfo.Kind.AGENT
        if agent and one.attributes.get(HOST_ATTRIBUTE) == socket.gethostname():
            who = api.RoomParticipantIdentity(room=room, identity=one.identity)
            await lkapi.room.remove_participant(who)
            log.info("room %s: an agent of before was taken out", room, extra={"room": room})
