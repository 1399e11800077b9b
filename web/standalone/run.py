"""`python -m web --standalone SOURCE [NAME=VALUE ...]`: a booth without LiveKit, until Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import cv2
from aiohttp import web

from config import log as log_setup
from config.errors import SettingsError
from config.settings import Settings, load_settings
from config.source_spec import SourceSpec
from ingress.standalone import open_source
from launcher import detector_weights, plan
from launcher.cli import parse
from launcher.errors import LaunchError
from launcher.ports import check
from launcher.source import read_word, wanted
from web.access.access import Access
from web.access.limits import BODY_SIZE
from web.http.api import Api
from web.page import Page
from web.server import BindError, serve_app, version
from web.standalone import engines
from web.standalone.feed import StandaloneFeed, StandaloneFeeds
from web.standalone.room import NAME

log = logging.getLogger("web.standalone")

PAGE = Path(__file__).resolve().parent / "page"
_SETTING = re.compile(r"[A-Z_]+=")
_OURS = ("WEB_PORT", "ENGINE_PORT")


def main(words: Sequence[str]) -> int:
    """Exit status: 0 after a signal, 1 when the start failed, 2 for a wrong setting."""
    first = words[0] if words else ""
    given = words if _SETTING.match(first) or not words else [f"SOURCE={first}", *words[1:]]
    try:
        values, source = parse(given)
        settings = load_settings(cli=values)
    except SettingsError as error:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        return 2
    log_setup.setup("web", settings.log_level)
    source = read_word() if source == "-" else source
    return asyncio.run(_until_signal(settings, source))


async def _until_signal(settings: Settings, source: str) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    return await run(settings, source, stop, Path.cwd())


async def run(settings: Settings, word: str, stop: asyncio.Event, directory: Path) -> int:
    """Runs until `stop` is set; returns the exit status. What cannot start is told in one line.

    word: the source, as SOURCE of the launcher; directory is what a relative path is relative to.
    """
    if "room" not in settings.model_fields_set:
        settings = settings.model_copy(update={"room": NAME})
    cv2.setNumThreads(1)  # its pool spins while it waits: two threads take twice the CPU
    try:
        spec = wanted(word, settings, directory)
        if spec is None:
            raise LaunchError("standalone needs a source")
        check([port for port in plan.ports(settings) if port.setting in _OURS])
        weights = await detector_weights.prepare(settings.detector, log.info)
        try:
            await weights.wait()
            await _serve(settings, spec, stop)
        finally:
            await weights.aclose()
    except (LaunchError, BindError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


async def _serve(settings: Settings, spec: SourceSpec, stop: asyncio.Event) -> None:
    read = partial(open_source, spec.address, settings)
    feeds = StandaloneFeeds(StandaloneFeed(settings, spec.name, read))
    async with engines.running(settings) as starting:
        starting.add_done_callback(lambda task: stop.set() if _failure(task) else None)
        try:
            await feeds.start()
            await serve_app(_app(settings, feeds), settings, stop)
        finally:
            await feeds.aclose()
        if failure := _failure(starting):
            raise failure


def _app(settings: Settings, feeds: StandaloneFeeds) -> web.Application:
    """The page and the API, without what has to do with LiveKit."""
    app = web.Application(client_max_size=BODY_SIZE)
    api = Api(feeds, version(), lambda _: {"room": settings.room})
    Access(settings).install(app, api.right_of)
    api.install(app)
    app.router.add_get("/{name:(?!api/).*}", Page(PAGE).handle)
    return app


def _failure(task: asyncio.Task[None]) -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None
