"""The engines of a booth without a launcher: those of our own, as the launcher starts them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp

from config.settings import Settings
from launcher import plan
from launcher.log_stream import LogStream
from launcher.supervisor import Supervisor

_PROBE = aiohttp.ClientTimeout(total=2.0)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[asyncio.Task[None]]:
    """They are started, and kept running while this lasts; none where ENGINE_URL names others.

    The task ends when they are up, or raises LaunchError where they cannot be started.
    """
    output = LogStream(sys.stderr)
    output.hide([settings.engine_api_key.get_secret_value()])
    supervisor = Supervisor(output)
    async with aiohttp.ClientSession(timeout=_PROBE) as session:

        def answers(url: str) -> Callable[[], Awaitable[bool]]:
            async def ask() -> bool:
                try:
                    async with session.get(url) as response:
                        return response.status == 200
                except (aiohttp.ClientError, TimeoutError, OSError):
                    return False

            return ask

        async def start() -> None:
            if plan.own_engine(settings):
                specs = plan.engines(settings, answers)
                await asyncio.gather(*map(supervisor.start, specs))

        starting = asyncio.create_task(start(), name="the engines")
        try:
            yield starting
        finally:
            starting.cancel()
            await asyncio.wait({starting})
            await supervisor.aclose()
