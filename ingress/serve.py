"""The service process: sources, and the API on loopback, until a signal comes."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import sys

from aiohttp import web

from config.admin_token import AdminTokenError, admin_token
from config.log import setup as log_setup
from config.settings import Settings
from config.source_spec import SourceSpec
from ingress.api import Api
from ingress.presence import PlaceError
from ingress.pushes.pushes import Pushes
from ingress.registry import Registry, supervised
from ingress.supervisor import Supervised

log = logging.getLogger("pressbox.ingress")


class BindError(OSError):
    """The API cannot listen where the settings say. `str()` is one line."""


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Brings all sources up and answers on loopback until stop is set; then ends them in order.

    It answers before the first source is there. Raises BindError or AdminTokenError.
    """
    pushes = Pushes(settings)

    def make(spec: SourceSpec, settings: Settings, from_page: bool) -> Supervised:
        if spec.address.kind == "push":
            return pushes.source(spec)
        return supervised(spec, settings, from_page, pushes.server)

    registry = Registry(settings, make=make)
    api = Api(settings, registry, admin_token(settings), pushes)
    runner = web.AppRunner(api.app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await _listen(runner, settings.ingress_port)
        log.info("the ingress service is on 127.0.0.1:%d", settings.ingress_port)
        await registry.start()
        await stop.wait()
    finally:
        await runner.cleanup()
        await pushes.aclose()  # it would ask the API of before
        await registry.aclose()


async def _listen(runner: web.AppRunner, port: int) -> None:
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        reason = "it is in use by another program" if in_use else error.strerror
        raise BindError(f"cannot listen on INGRESS_PORT={port}: {reason}") from None


def run_service(settings: Settings) -> int:
    """`serve` until a signal; returns the exit status."""
    log_setup("ingress", settings.log_level)
    # LiveKit logs every step of a connection, and we log those that matter.
    logging.getLogger("livekit").setLevel(logging.ERROR)
    try:
        asyncio.run(_until_a_signal(settings))
    except (BindError, AdminTokenError, PlaceError) as error:
        sys.stderr.write(f"ingress: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"ingress: STATE_DIR={settings.state_dir}: {error.strerror}\n")
        return 1
    return 0


async def _until_a_signal(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    await serve(settings, stop)
