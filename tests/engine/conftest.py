"""Servers on free ports of loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest_asyncio
from aiohttp import web

from models.engine import Engine
from models.serve import make_runner
from models.server import EngineServer, Limits

Serve = Callable[..., Awaitable[str]]
"""Takes an engine and EngineServer's options; the address without a path."""


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts servers, and stops them after the test."""
    runners: list[web.AppRunner] = []

    async def started(
        engine: Engine, *, limits: Limits | None = None, api_key: str = "", ready: bool = True
    ) -> str:
        server = EngineServer(engine, limits=limits, api_key=api_key)
        runner = make_runner(server)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        if ready:
            await server.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield started
    for runner in runners:
        await runner.cleanup()


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session
