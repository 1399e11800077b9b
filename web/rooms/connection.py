"""A participant of ours in one room, who joins it again and again until it is closed.

It is a visible one: a hidden participant's RPC call comes without its identity, so that nobody can
answer it (livekit-server 1.13.5), and a booth is right to count who watches by HTTP as audience. It
publishes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

import aiohttp
from livekit import api, rtc
from livekit.protocol.agent_dispatch import RoomAgentDispatch
from livekit.protocol.room import RoomConfiguration

from config.agent_name import AGENT_NAME, WISH_ATTRIBUTE
from config.settings import Settings
from config.source_names import FEED_IDENTITIES
from config.tasks import Tasks
from web.commentators import PATIENCE, bring
from web.rooms.participants import booth_of
from web.tokens import VIEWER_ATTRIBUTE

log = logging.getLogger("web.rooms")

NAME = "Viewers by HTTP"
LIFETIME = timedelta(minutes=10)
"""Of a token, which is used at once; LiveKit renews it for those who are in the room."""

JOIN_LIMIT, LEAVE_LIMIT = 12.0, 5.0
"""Seconds."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0
"""Seconds between two tries: doubled each time, up to the last."""

ERRORS = (api.TwirpError, aiohttp.ClientError, rtc.ConnectError, OSError)


class Connection:
    """Owns the `rtc.Room`, a new one for each time it joins.

    Attributes:
        room: While it is joined.
        state: connected; joining: for the first time, or LiveKit does it again by itself; lost.
        tried: Set once the first try has ended, well or not.
    """

    def __init__(
        self,
        settings: Settings,
        name: str,
        *,
        prepare: Callable[[rtc.Room], None],
        changed: Callable[[], None],
    ) -> None:
        """`prepare(room)` gets each room before it is joined; `changed()` is told of each change
        of `state`, and of `room`.
        """
        self.room: rtc.Room | None = None
        self.state: Literal["joining", "connected", "lost"] = "joining"
        self.tried = asyncio.Event()
        self._settings, self._name = settings, name
        self._prepare, self._changed = prepare, changed
        self._left = asyncio.Event()
        self._tasks = Tasks(log.warning)

    def start(self) -> None:
        """Begin to join."""
        self._tasks.keep(f"the way into room {self._name}", self._run)

    def renew(self) -> None:
        """Leave and join anew: at times LiveKit joins without letting media through."""
        self._left.set()

    async def aclose(self) -> None:
        """Leave. Idempotent."""
        await self._tasks.aclose()

    async def _run(self) -> None:
        wait = FIRST_WAIT
        while True:
            try:
                await self._stay()
                wait = FIRST_WAIT
            except (TimeoutError, *ERRORS) as error:
                why = str(error) if isinstance(error, TimeoutError) else type(error).__name__
                log.info("room %s cannot be joined, trying again: %s", self._name, why)
            self._set("lost")
            self.tried.set()
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    async def _stay(self) -> None:
        """Join, and be there until the room is lost or left."""
        room, self._left = rtc.Room(), asyncio.Event()
        left = self._left
        room.on("disconnected", lambda _: left.set())
        room.on("reconnecting", lambda: self._set("joining"))
        room.on("reconnected", lambda: self._set("connected"))
        self._prepare(room)
        settings = self._settings
        joining = asyncio.ensure_future(
            room.connect(settings.livekit_url, self._token(), _options(settings))
        )
        try:
            await asyncio.wait({joining}, timeout=JOIN_LIMIT)
            if not joining.done():
                raise TimeoutError(f"not within {JOIN_LIMIT:g} s")
            joining.result()
            self.room = room
            self._set("connected")
            self.tried.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await left.wait()
            if not left.is_set() and booth_of(room) is None:
                await bring(settings, self._name)
            await left.wait()
        finally:
            self.room = None
            self._changed()
            await _leave(room, joining)

    def _set(self, state: Literal["joining", "connected", "lost"]) -> None:
        self.state = state
        self._changed()

    def _token(self) -> str:
        """Asks for a commentator as the page's tokens do: a room that this one opens gets it from
        LiveKit, others from the launcher, which finds the wish of a participant. Where another
        server watches by the same identity it is thrown out, and comes back by another one.
        """
        key, secret = self._settings.livekit_api_key, self._settings.livekit_api_secret
        grants = api.VideoGrants(
            room_join=True,
            room=self._name,
            can_subscribe=True,
            can_publish=False,
            can_publish_data=True,  # without it no RPC call leaves
            can_update_own_metadata=True,  # how many watch by way of it
        )
        token = (
            api.AccessToken(key, secret.get_secret_value())
            .with_identity(secrets.choice(FEED_IDENTITIES))
            .with_name(NAME)
            .with_ttl(LIFETIME)
            .with_attributes({VIEWER_ATTRIBUTE: "0", WISH_ATTRIBUTE: "{}"})
            .with_grants(grants)
        )
        if self._name != self._settings.room:  # there the launcher sends it in any case
            agents = [RoomAgentDispatch(agent_name=AGENT_NAME)]
            token = token.with_room_config(RoomConfiguration(agents=agents))
        return token.to_jwt()


def _options(settings: Settings) -> rtc.RoomOptions:
    key = settings.room_key.get_secret_value().encode()
    shared = rtc.KeyProviderOptions(shared_key=key)
    encryption = rtc.E2EEOptions(key_provider_options=shared) if key else None
    return rtc.RoomOptions(auto_subscribe=False, encryption=encryption)


async def _leave(room: rtc.Room, joining: asyncio.Future[None]) -> None:
    """Whoever is joining is in the room later, and can only leave then."""
    await asyncio.wait({joining}, timeout=LEAVE_LIMIT)
    if not joining.cancel() and not joining.cancelled():
        joining.exception()  # it was told, or we are on our way out
    with contextlib.suppress(Exception):  # LiveKit raises a bare one for what is gone already
        async with asyncio.timeout(LEAVE_LIMIT):
            await room.disconnect()
