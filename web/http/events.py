"""`/api/events`: what happens, as server-sent events."""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from web.events import Event, Follower
from web.http.parameters import Following
from web.http.viewers import Viewers

HEARTBEAT = 15.0
"""Seconds without an event after which a comment shows that we are here."""
RETRY = 3000
"""Milliseconds after which a client that lost us comes back."""
SSE = "text/event-stream"


class EventApi:
    """The handler."""

    def __init__(self, viewers: Viewers) -> None:
        self._viewers = viewers

    async def events(self, request: web.Request, asked: Following) -> web.StreamResponse:
        """Server-sent events: first how things are, and the line being said, then what happens."""
        kinds = {*asked.kinds.split(","), "lost"}
        # The header first: who comes back asks with the address of the first time.
        last = request.headers.get("Last-Event-ID") or asked.last_event_id
        async with self._viewers.watching(request, "events", asked.room) as (viewer, feed):
            with feed.events.follow(last) as follower:
                answer = await viewer.begin({"Content-Type": SSE})
                told = f"retry: {RETRY}\n\n"
                if "status" in kinds:
                    told += _told("status", json.dumps(dict(feed.status)))
                found: list[Event] | None = None
                while found is None or found:
                    if told or found is None:
                        await viewer.send(told.encode() or b":\n\n")
                        due = asyncio.get_running_loop().time() + HEARTBEAT
                    found = await _next(follower, due)
                    told = "".join(
                        f"id: {feed.events.id_of(event)}\n{_told(event.kind, event.data)}"
                        for event in found or ()
                        if event.kind in kinds
                    )
        return answer


async def _next(follower: Follower, due: float) -> list[Event] | None:
    """None for nothing until then."""
    try:
        async with asyncio.timeout_at(due):
            return await follower.next()
    except TimeoutError:
        return None


def _told(kind: str, data: str) -> str:
    return f"event: {kind}\ndata: {data}\n\n"
