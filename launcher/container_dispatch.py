"""`python -m launcher.container_dispatch WORKERS`: sends agents into rooms until a signal comes,
and gets the detector's weights meanwhile. WORKERS is a name that resolves to each worker, whose
METRICS_PORT is open.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys

import aiohttp

from config import log
from config.own_address import reachable
from config.server_api import server_api
from config.settings import Settings, SettingsError, load_settings
from launcher import detector_weights
from launcher.dispatch import Dispatcher
from launcher.errors import LaunchError
from launcher.signals import Signals

logger = logging.getLogger("dispatch")

_PROBE = aiohttp.ClientTimeout(total=2.0)

LOOK_EVERY = 1.0
"""Seconds between two looks at how many workers there are."""


async def dispatch(settings: Settings, workers: str) -> None:
    """Until SIGINT or SIGTERM. Raises LaunchError for a DETECTOR that does not work."""
    signals = Signals()
    weights = await detector_weights.prepare(settings.detector, logger.info)
    async with (
        aiohttp.ClientSession(timeout=_PROBE) as session,
        server_api(settings) as lkapi,
    ):
        dispatcher = Dispatcher(lkapi, settings.room, logger.info, limit=settings.agent_load_limit)
        dispatcher.workers(0, 0, 0)
        dispatcher.start()
        stopped = asyncio.ensure_future(signals.first.wait())
        known = 0
        try:
            while not stopped.done():
                count = await ready(session, workers, settings.metrics_port)
                dispatcher.workers(known, count, settings.agent_load_limit)
                known = count
                await asyncio.wait({stopped}, timeout=LOOK_EVERY)
        finally:
            stopped.cancel()
            await dispatcher.aclose()
            await weights.aclose()


async def ready(session: aiohttp.ClientSession, workers: str, port: int) -> int:
    """How many workers have registered."""
    try:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(LOOK_EVERY):
            found = await loop.getaddrinfo(workers, port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError):
        return 0
    hosts = {reachable(str(address[0])) for *_, address in found}
    return sum(await asyncio.gather(*(_is_ready(session, f"http://{one}:{port}") for one in hosts)))


async def _is_ready(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(f"{url}/health") as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


def main(workers: str) -> int:
    """Exit status: 2 for a wrong setting, 1 for a detector that does not work."""
    try:
        settings = load_settings()
        log.begin("dispatch", settings)
        asyncio.run(dispatch(settings, workers))
    except (SettingsError, LaunchError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, SettingsError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
