"""Runs a server until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Coroutine
from typing import Any

from aiohttp import web

from models.server import EngineServer

log = logging.getLogger("engine")


class BindError(OSError):
    """The address cannot be listened on."""


ENGINE_LOST = 70
"""Exit status after which a supervisor starts the engine again; EX_SOFTWARE of sysexits.h."""


async def serve(server: EngineServer, host: str, port: int) -> int:
    """Serves until SIGTERM or SIGINT; running requests get ``server.grace`` seconds to end.

    Returns the exit status: 0, or ENGINE_LOST when the engine broke beyond repair.

    Raises:
        BindError: The address is taken or not this machine's.
        EngineError: The engine does not start.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = make_runner(server)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        await _first(server.start(), stop.wait())
        if not stop.is_set():
            log.info("ready at http://%s:%d/v1", host, port)
            await _first(server.lost.wait(), stop.wait())
        log.info("stopping")
    finally:
        await runner.cleanup()
    return ENGINE_LOST if server.lost.is_set() else 0


def make_runner(server: EngineServer) -> web.AppRunner:
    """A runner that cancels the handler of a closed connection: that is what stops an engine."""
    return web.AppRunner(
        server.app(),
        handler_cancellation=True,
        shutdown_timeout=server.grace / 2,  # aiohttp waits that long, cancels, and waits again
        access_log=None,
    )


async def _first(*works: Coroutine[Any, Any, object]) -> None:
    """Until one of them is done; the others are cancelled. Raises what one that is done raised."""
    tasks = [asyncio.create_task(work, name="serving") for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else str(error)
        raise BindError(f"cannot listen on {host}:{port}: {reason}") from None
