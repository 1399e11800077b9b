"""What runs until a signal comes: the service with its API on loopback, or one source alone."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from config.admin_token import AdminTokenError, admin_token
from config.log import begin as log_begin
from config.own_address import is_loopback
from config.settings import Settings
from config.source_spec import SourceSpec
from ingress.api import Api
from ingress.participant import NoKeyError
from ingress.pushes.pushes import Pushes
from ingress.registry import Registry, RoomSource
from ingress.relay import Relay
from ingress.report import SourceReport

log = logging.getLogger("pressbox.ingress")


class BindError(OSError):
    """The API cannot listen where the settings say. `str()` is one line."""


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Brings all sources up and answers until stop is set; then ends them in order.

    It answers before the first source is there. Raises BindError or AdminTokenError.
    """
    pushes = Pushes(settings)

    def make(spec: SourceSpec, from_page: bool) -> RoomSource:
        if spec.address.kind == "push":
            return pushes.source(spec)
        if spec.via == "livekit-ingress":
            # Only who uses it pays for importing it.
            from ingress.livekit_ingress.source import LiveKitIngressSource

            return LiveKitIngressSource(spec, settings, pushes.server)
        return Relay(spec, settings, guarded=from_page)

    registry = Registry(settings, make)
    api = Api(settings, registry, admin_token(settings), pushes)
    runner = web.AppRunner(api.app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        host = "127.0.0.1" if is_loopback(settings.ingress_host) else "0.0.0.0"
        await _listen(runner, host, settings.ingress_port)
        log.info("the ingress service is on %s:%d", host, settings.ingress_port)
        await registry.start()
        await stop.wait()
    finally:
        await runner.cleanup()
        await pushes.aclose()  # it would ask the API of before
        await registry.aclose()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        reason = "it is in use by another program" if in_use else error.strerror
        raise BindError(f"cannot listen on INGRESS_PORT={port}: {reason}") from None


def run_service(settings: Settings) -> int:
    """`serve` until a signal; returns the exit status."""
    _set_up_log(settings)
    try:
        asyncio.run(_until_a_signal(settings))
    except (BindError, AdminTokenError, NoKeyError) as error:
        return _wrong(str(error), 1)
    except OSError as error:
        return _wrong(f"STATE_DIR={settings.state_dir}: {error.strerror}", 1)
    return 0


def run_publish(spec: SourceSpec, settings: Settings) -> int:
    """One source in the foreground, without the service: until a signal, or until it was sent away;
    returns the exit status.
    """
    _set_up_log(settings)
    if spec.address.is_path and not Path(spec.address.url).is_file():
        return _wrong(f"{spec.address}: there is no such file", 2)
    try:
        return asyncio.run(_publish(spec, settings))
    except NoKeyError as error:
        return _wrong(str(error), 2)


async def _until_a_signal(settings: Settings) -> None:
    stop = asyncio.Event()
    _at_a_signal(stop.set)
    await serve(settings, stop)


async def _publish(spec: SourceSpec, settings: Settings) -> int:
    over = asyncio.Event()

    def heard(report: SourceReport) -> None:
        # Removed, replaced under its name, or a file that is over: nobody is there to wake it.
        if report.state == "stopped" or report.reason == "room":
            over.set()

    _at_a_signal(over.set)
    source = Relay(spec, settings, heard=heard)
    source.start()
    try:
        await over.wait()
        trouble = source.participant.trouble
    finally:
        await source.aclose()
    if trouble is None or trouble.kind == "away":  # a signal, or a file that was played to its end
        return 0
    log.error("%s", trouble.text)
    return 1


def _at_a_signal(act: Callable[[], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, act)


def _set_up_log(settings: Settings) -> None:
    log_begin("ingress", settings)
    # LiveKit logs every step of a connection, and we log those that matter.
    logging.getLogger("livekit").setLevel(logging.ERROR)


def _wrong(text: str, status: int) -> int:
    sys.stderr.write(f"ingress: {text}\n")
    return status
