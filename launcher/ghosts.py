"""Agents that LiveKit lists and nobody is behind.

Where redis outlives a livekit-server, what was in a room stays listed as active, though the server
that holds the room now knows nothing of it: asked to change it, nobody answers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from livekit import api

GONE = api.TwirpErrorCode.UNAVAILABLE, api.TwirpErrorCode.NOT_FOUND
"""Nobody answers for it; it is not there."""

HOLDS = 30.0
"""Seconds for which a verdict holds."""


class Ghosts:
    """Asks after each agent that is listed."""

    def __init__(self, lkapi: api.LiveKitAPI) -> None:
        self._api = lkapi
        self._known: dict[str, tuple[bool, float]] = {}

    def forget(self) -> None:
        """The server was away: who lived may be one now."""
        self._known.clear()

    def forget_old(self) -> None:
        """Once a look, so that each is asked after anew when its verdict holds no more."""
        now = time.monotonic()
        self._known = {sid: known for sid, known in self._known.items() if known[1] > now}

    async def without(
        self, room: str, listed: Iterable[api.ParticipantInfo]
    ) -> list[api.ParticipantInfo]:
        """Those listed, without agents that are none any more. Raises the API's errors."""
        listed = list(listed)
        here = await asyncio.gather(*(self._is_there(room, one) for one in listed))
        return [one for one, is_there in zip(listed, here, strict=True) if is_there]

    async def _is_there(self, room: str, one: api.ParticipantInfo) -> bool:
        if one.kind != api.ParticipantInfo.Kind.AGENT:
            return True
        if one.sid in self._known:
            return self._known[one.sid][0]
        there = True
        try:
            # Changes nothing; takes 3 s where nobody answers.
            nothing = api.UpdateParticipantRequest(room=room, identity=one.identity)
            await self._api.room.update_participant(nothing)
        except api.TwirpError as error:
            if error.code not in GONE:
                raise
            there = False
        self._known[one.sid] = there, time.monotonic() + HOLDS
        return there
