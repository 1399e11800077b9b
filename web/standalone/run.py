"""`python -m web --standalone SOURCE [NAME=VALUE ...]`: a booth without LiveKit, until Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import cv2

from config import log as log_setup
from config import tracing
from config.errors import SettingsError
from config.settings import Settings, load_settings
from ingress.standalone import StandaloneSource
from launcher import detector_weights, plan
from launcher.child import at_once
from launcher.cli import forget_make, parse
from launcher.errors import LaunchError
from launcher.log_stream import LogStream
from launcher.ports import check
from launcher.source import read_word, wanted
from launcher.supervisor import Supervisor
from web.server import BindError, serve_app
from web.standalone.app import app
from web.standalone.feed import StandaloneFeed

log = logging.getLogger("web.standalone")

ROOM = "standalone"
_SETTING = re.compile(r"[A-Z_]+=")
_OURS = ("WEB_PORT", "TLS_PORT", "ENGINE_PORT")


def main(words: Sequence[str]) -> int:
    """Exit status: 0 after a signal, 1 when the start failed, 2 for a wrong setting."""
    first = [] if not words or _SETTING.match(words[0]) else [f"SOURCE={words[0]}"]
    try:
        values, source = parse([*first, *words[len(first) :]])
        settings = load_settings(cli={"room": ROOM, **values})
        tracing.setup("web", settings.otlp_endpoint)
    except SettingsError as error:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        return 2
    log_setup.begin("web", settings)
    forget_make()
    try:
        asyncio.run(_run(settings, read_word() if source == "-" else source))
    except (LaunchError, BindError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


async def _run(settings: Settings, word: str) -> None:
    """Runs until a signal comes. Raises LaunchError, BindError."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    spec = wanted(word, settings, await asyncio.to_thread(Path.cwd))
    if spec is None:
        raise LaunchError("standalone needs a source")
    check([port for port in plan.ports(settings) if port.setting in _OURS])
    cv2.setNumThreads(1)  # its pool spins while it waits: two threads take twice the CPU
    feed = StandaloneFeed(settings, spec.name, partial(StandaloneSource, spec.address, settings))
    async with AsyncExitStack() as stack:
        weights = await detector_weights.prepare(settings.detector, log.info)
        stack.push_async_callback(weights.aclose)
        await weights.wait()
        supervisor = Supervisor(LogStream(sys.stderr))
        stack.push_async_callback(supervisor.aclose)
        if plan.own_engine(settings):  # the page and the picture do not wait for it
            for engine in plan.engines(settings, lambda _: at_once):
                await supervisor.start(engine)
        stack.push_async_callback(feed.aclose)
        await feed.start()
        await serve_app(app(settings, feed), settings, stop)
