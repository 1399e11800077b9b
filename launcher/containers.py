"""What `docker-compose.yml` runs of the launcher.

`python -m launcher.containers setup FOLDER`: makes keys and tokens at the first start, writes what
LiveKit's servers go by to FOLDER and gets the detector's weights, then ends.
`python -m launcher.containers dispatch WORKERS`: sends agents into rooms until a signal comes.
WORKERS is a name that resolves to each worker, whose METRICS_PORT is open.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from livekit import api

from config import files, log
from config.admin_token import AdminTokenError, admin_token
from config.own_address import reachable
from config.settings import Settings, SettingsError, load_settings
from launcher import detector_weights, keys
from launcher.dispatch import Dispatcher
from launcher.errors import LaunchError
from launcher.plan import ROOT
from launcher.signals import Signals

logger = logging.getLogger("dispatch")

_TIMEOUT, _PROBE = aiohttp.ClientTimeout(total=5.0), aiohttp.ClientTimeout(total=2.0)
_WEIGHTS_LIMIT = 10.0
"""Seconds for which a start waits for the detector's weights."""

LOOK_EVERY = 1.0
"""Seconds between two looks at how many workers there are."""


def server_config(text: str, settings: Settings, access: Mapping[str, Any]) -> dict[str, Any]:
    """livekit.yaml for a server in a container, which others reach by a network of containers.

    access: api_key, api_secret, redis. HOST_ADDRESS in the environment is the machine's own
    address, by which phones and others find the server's media, and then containers too; without it
    only who reaches the container's address gets through, which this machine does.
    """
    config = yaml.safe_load(text)
    del config["bind_addresses"]
    rtc = config["rtc"]
    del rtc["interfaces"], rtc["enable_loopback_candidate"], rtc["node_ip"]
    rtc |= {"tcp_port": settings.livekit_tcp_port, "udp_port": settings.livekit_udp_port}
    address = os.environ.get("HOST_ADDRESS")
    # ICE lite: or it would ask STUN servers outside who it is.
    rtc |= {"node_ip": address} if address else {"use_ice_lite": True}
    keys = {access["api_key"]: access["api_secret"]}
    return {**config, "keys": keys, "redis": access["redis"]}


async def setup(settings: Settings, folder: Path) -> None:
    """Raises LaunchError or AdminTokenError."""
    key, secret = keys.ensure(settings.state_dir, settings.livekit_url)
    admin_token(settings)
    text = (ROOT / "livekit.yaml").read_text(encoding="utf-8")
    redis = {"address": os.environ.get("REDIS", "redis:6379")}
    others = {"ws_url": settings.livekit_url, "api_key": key, "api_secret": secret, "redis": redis}
    try:
        files.write(folder / "livekit.yaml", yaml.safe_dump(server_config(text, settings, others)))
        files.write(folder / "services.yaml", yaml.safe_dump(others))
    except OSError as error:
        raise LaunchError(f"cannot write to {folder}: {error.strerror}") from None
    if settings.detector == "auto":
        with suppress(TimeoutError):
            async with asyncio.timeout(_WEIGHTS_LIMIT):
                await detector_weights.obtain(print)


async def dispatch(settings: Settings, workers: str) -> None:
    """Until SIGINT or SIGTERM."""
    signals = Signals()
    secret = settings.livekit_api_secret.get_secret_value()
    async with (
        aiohttp.ClientSession(timeout=_PROBE) as session,
        api.LiveKitAPI(
            settings.livekit_url, settings.livekit_api_key, secret, timeout=_TIMEOUT
        ) as lkapi,
    ):
        dispatcher = Dispatcher(lkapi, settings.room, logger.info, limit=settings.agent_load_limit)
        dispatcher.workers(0, 0, 0)
        dispatcher.start()
        stopped = asyncio.ensure_future(signals.first.wait())
        known = 0
        try:
            while not stopped.done():
                ready = await _ready(session, workers, settings.metrics_port)
                dispatcher.workers(known, ready, settings.agent_load_limit)
                known = ready
                await asyncio.wait({stopped}, timeout=LOOK_EVERY)
        finally:
            stopped.cancel()
            await dispatcher.aclose()


async def _ready(session: aiohttp.ClientSession, workers: str, port: int) -> int:
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


def main(words: Sequence[str]) -> int:
    """Exit status: 2 for a wrong setting, 1 where something cannot be written."""
    try:
        settings = load_settings()
        log.begin("dispatch", settings)
        if words[0] == "setup":
            asyncio.run(setup(settings, Path(words[1])))
        else:
            asyncio.run(dispatch(settings, words[1]))
    except (SettingsError, AdminTokenError, LaunchError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, SettingsError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
