"""Stands between the agent and its engine and notes what is asked and how fast it is answered."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

BODY_LIMIT = 64 * 1024 * 1024
HOP = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding"}


@dataclass(slots=True)
class Asked:
    """One request. Monotonic seconds; ready: its first speech, None where none came."""

    kind: str
    received: float
    ready: float | None = None


@dataclass(slots=True)
class EngineTap:
    """What went through so far."""

    url: str
    session: aiohttp.ClientSession
    behind: str = ""
    asked: list[Asked] = field(default_factory=list)

    def before(self, engine: str) -> str:
        """From now on it stands before the engine of this address; gives its own."""
        self.behind = engine.removesuffix("/v1")
        return f"{self.url}/v1"

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """Hands one request on, and the answer back as it comes."""
        body, asked = await request.read(), Asked("", time.monotonic())
        if request.path.endswith("/chat/completions"):
            asked.kind = (json.loads(body).get("pressbox") or {}).get("kind") or ""
            self.asked.append(asked)
        headers = {name: text for name, text in request.headers.items() if name.lower() not in HOP}
        try:
            async with self.session.request(
                request.method, self.behind + request.path_qs, data=body, headers=headers
            ) as answer:
                through = web.StreamResponse(status=answer.status)
                through.content_type = answer.content_type
                await through.prepare(request)
                async for piece in answer.content.iter_any():
                    if asked.ready is None and b'"audio":' in piece:
                        asked.ready = time.monotonic()
                    await through.write(piece)
                await through.write_eof()
                return through
        except aiohttp.ClientConnectionError:
            raise web.HTTPBadGateway from None


@asynccontextmanager
async def engine_tap() -> AsyncIterator[EngineTap]:
    """A proxy on a free port; `before` tells it where the engine is."""
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=5), auto_decompress=False
    ) as session:
        tap = EngineTap("", session)
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_route("*", "/{tail:.*}", tap.forward)
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0, shutdown_timeout=1.0).start()
            tap.url = "http://{}:{}".format(*runner.addresses[0][:2])
            yield tap
        finally:
            await runner.cleanup()
