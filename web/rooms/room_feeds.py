"""The LiveKit rooms that are watched by HTTP: each is joined while it has a viewer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from config.log import about
from config.settings import Settings
from config.tasks import Tasks
from web.feed import CallError
from web.rooms.room_feed import RoomFeed

log = logging.getLogger("web.rooms")

LINGER = 20.0
"""Seconds after its last viewer until a room is left: who polls must not come and go."""
MOST_ROOMS = 64
CLOSE_LIMIT = 15.0
"""Seconds."""


@dataclass(slots=True, eq=False)
class _Watched:
    feed: RoomFeed
    viewers: int = 0
    leaving: asyncio.TimerHandle | None = None


class RoomFeeds:
    """`Feeds`. Owns a feed for each room that somebody watches, or has watched a moment ago."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rooms: dict[str, _Watched] = {}
        self._tasks = Tasks(log.warning)
        self._closed = False

    @property
    def open(self) -> dict[str, RoomFeed]:
        """See `Feeds`."""
        return {name: one.feed for name, one in self._rooms.items()}

    @asynccontextmanager
    async def watch(self, room: str) -> AsyncIterator[RoomFeed]:
        """See `Feeds`. A room that cannot be joined can be watched: its status says so."""
        watched = self._enter(room or self._settings.room)
        try:
            await watched.feed.joined()
            yield watched.feed
        finally:
            self._leave(room or self._settings.room, watched)

    async def aclose(self) -> None:
        """Leave all rooms. Idempotent."""
        self._closed = True
        for name in list(self._rooms):
            self._close(name)
        await self._tasks.aclose(grace=CLOSE_LIMIT)

    def _enter(self, name: str) -> _Watched:
        if self._closed:
            raise CallError(503, "the server is being stopped")
        watched = self._rooms.get(name)
        if watched is None:
            if len(self._rooms) >= MOST_ROOMS:
                raise CallError(503, f"{MOST_ROOMS} rooms are being watched already")
            watched = self._rooms[name] = _Watched(RoomFeed(self._settings, name))
            with about(room=name):
                watched.feed.start()
        if watched.leaving:
            watched.leaving.cancel()
            watched.leaving = None
        watched.viewers += 1
        return watched

    def _leave(self, name: str, watched: _Watched) -> None:
        watched.viewers -= 1
        if not watched.viewers and self._rooms.get(name) is watched:
            loop = asyncio.get_running_loop()
            watched.leaving = loop.call_later(LINGER, self._close, name)

    def _close(self, name: str) -> None:
        watched = self._rooms.pop(name)
        if watched.leaving:
            watched.leaving.cancel()
        with about(room=name):
            self._tasks.once(f"leaving room {name}", watched.feed.aclose())
