"""Stands between the agent and its engine and notes what is asked and how fast it is answered."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

BODY_LIMIT = 64 * 1024 * 1024
HOP = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding"}


@dataclass(slots=True)
class Asked:
    """One request. Monotonic seconds; ready: its first speech, None where none came.

    looked: the request says which objects are in at least one of its pictures.
    """

    kind: str
    received: float
    pictures: int = 0
    letters: int = 0
    looked: bool = False
    ready: float | None = None
    ended: float | None = None


@dataclass(slots=True)
class EngineTap:
    """What went through so far."""

    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    behind: str = ""


@asynccontextmanager
async def engine_tap() -> AsyncIterator[EngineTap]:
    """A proxy on a free port; set `behind` to the engine's address before anything is asked."""
    tap = EngineTap()
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=5), auto_decompress=False
    ) as session:

        async def forward(request: web.Request) -> web.StreamResponse:
            return await _forward(tap, session, request)

        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_route("*", "/{tail:.*}", forward)
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0, shutdown_timeout=1.0)
            await site.start()
            host, port = runner.addresses[0][:2]
            tap.url = f"http://{host}:{port}"
            yield tap
        finally:
            await runner.cleanup()


async def _forward(
    tap: EngineTap, session: aiohttp.ClientSession, request: web.Request
) -> web.StreamResponse:
    body = await request.read()
    asked = _asked(body) if request.path.endswith("/chat/completions") else None
    if asked:
        tap.asked.append(asked)
    headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP}
    try:
        async with session.request(
            request.method, tap.behind + request.path_qs, data=body, headers=headers
        ) as answer:
            through = web.StreamResponse(status=answer.status)
            through.content_type = answer.content_type
            await through.prepare(request)
            async for piece in answer.content.iter_any():
                if asked and asked.ready is None and b'"audio":' in piece:
                    asked.ready = time.monotonic()
                await through.write(piece)
            await through.write_eof()
            return through
    except aiohttp.ClientConnectionError:
        raise web.HTTPBadGateway from None
    finally:
        if asked:
            asked.ended = time.monotonic()


def _asked(body: bytes) -> Asked:
    now = time.monotonic()
    try:
        asked: dict[str, Any] = json.loads(body)
    except ValueError:
        return Asked("unreadable", now)
    own = asked.get("pressbox") or {}
    contents = [message["content"] for message in asked.get("messages", ())]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    texts = [content for content in contents if isinstance(content, str)]
    texts += [part.get("text", "") for part in parts]
    return Asked(
        kind=own.get("kind") or "",
        received=now,
        pictures=sum(part.get("type") == "image_url" for part in parts),
        letters=sum(map(len, texts)),
        looked=any(objects is not None for objects in own.get("frame_objects") or ()),
    )
