"""How many workers are ready."""

from __future__ import annotations

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from launcher.container_dispatch import ready


async def test_a_worker_is_ready_once_it_says_so() -> None:
    status = 503

    async def health(_: web.Request) -> web.Response:
        return web.Response(status=status)

    app = web.Application()
    app.router.add_get("/health", health)
    async with TestServer(app) as worker, aiohttp.ClientSession() as session:
        assert worker.port is not None
        assert await ready(session, "127.0.0.1", worker.port) == 0
        status = 200
        assert await ready(session, "127.0.0.1", worker.port) == 1
        assert await ready(session, "no-such-worker.invalid", worker.port) == 0
