"""From settings to a running Pressbox, and down again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
from livekit import api
from pydantic import SecretStr

from config.admin_token import AdminTokenError, admin_token, newly_made
from config.server_api import ERRORS, server_api
from config.settings import Settings
from config.source_spec import SourceSpec
from launcher import detector_weights, go_server, keys, plan
from launcher.dispatch import Dispatcher
from launcher.errors import LaunchError, why_away
from launcher.livekit_server import LIVEKIT
from launcher.log_stream import LogStream
from launcher.others import introduce
from launcher.ports import check
from launcher.signals import Signals
from launcher.source import is_waited_for, secrets, state_of, wanted
from launcher.supervisor import Supervisor

_JOIN_LIMIT = 60.0
_SOURCE_LIMIT = 30.0
_WRONG_LIMIT = 5.0
"""Seconds for which a source may say that something is wrong: the room may not be ready yet."""

_LOOK = 0.2
_SHORT = 4
"""Letters from which on a password of a source is taken out of the log."""

_PROBE = aiohttp.ClientTimeout(total=2.0)


async def run(settings: Settings, source: str, log: LogStream, directory: Path) -> int:
    """Starts everything and stays until a signal comes; returns the exit status.

    directory is what a relative source path is relative to. A start that fails is told in one line,
    and leaves nothing running.
    """
    signals = Signals()
    launcher = Launcher(settings, log)
    starting = asyncio.create_task(launcher.start(source, directory), name="start")
    stopping = asyncio.create_task(signals.first.wait(), name="first-signal")
    status = 0
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            await stopping
    except LaunchError as error:
        log.line("run", f"error: {error}")
        status = 1
    finally:
        starting.cancel()
        stopping.cancel()
        await asyncio.gather(starting, stopping, return_exceptions=True)
        await launcher.aclose(signals.second)
    log.line("run", "everything has ended")
    return status


class Launcher:
    """The children of one start, and the dispatcher beside them."""

    def __init__(self, settings: Settings, log: LogStream) -> None:
        self._settings = settings
        self._log = log
        self._stack = AsyncExitStack()
        self._dispatcher: Dispatcher | None = None
        self._supervisor = Supervisor(log, self._on_exit)

    async def start(self, source: str, directory: Path) -> None:
        """Returns once all is up and the address is printed. Raises LaunchError."""
        began = time.monotonic()
        spec = wanted(source, self._settings, directory)
        self._log.hide(secrets(self._settings, spec), shortest=_SHORT)
        keys = (
            self._settings.engine_api_key,
            self._settings.second_engine_api_key,
            self._settings.room_key,
            self._settings.webhook_secret,
            self._settings.webhook_url,
        )
        self._log.hide([key.get_secret_value() for key in keys])
        check(plan.ports(self._settings))
        weights = await detector_weights.prepare(self._settings.detector, self._say)
        self._stack.push_async_callback(weights.aclose)
        session = aiohttp.ClientSession(timeout=_PROBE)
        self._session = await self._stack.enter_async_context(session)
        await self._start_server()
        settings = self._settings
        new_token = self._new_token()
        dispatcher = await self._make_dispatcher()
        await weights.wait()
        steps = [
            self._supervisor.start(plan.web(settings, self._answers(f"{self._page}/health"))),
            self._start_agent(dispatcher),
            self._start_ingress(spec, dispatcher),
        ]
        if plan.own_engine(settings):
            steps += map(self._supervisor.start, plan.engines(settings, self._answers))
        await _all(steps)
        self._say(f"ready after {time.monotonic() - began:.1f} s; Ctrl-C ends everything")
        self._say(f"open {self._page}")
        await introduce(settings, self._log)
        if new_token:
            self._log.show("run", f"the admin token, shown this once: {new_token}")

    async def aclose(self, at_once: asyncio.Event) -> None:
        """Ends every child; at_once, when set, takes their grace away."""
        if self._dispatcher is not None:
            await self._dispatcher.aclose()
        closing = asyncio.create_task(self._supervisor.aclose(last="livekit"), name="close")
        hurry = asyncio.create_task(at_once.wait(), name="second-signal")
        await asyncio.wait({closing, hurry}, return_when=asyncio.FIRST_COMPLETED)
        if not closing.done():
            await self._supervisor.kill()
        hurry.cancel()
        await closing
        await self._stack.aclose()

    @property
    def _page(self) -> str:
        return plan.page_address(self._settings)

    def _say(self, text: str) -> None:
        self._log.line("run", text)

    async def _start_server(self) -> None:
        settings = self._settings
        if not plan.own_server(settings):
            self._say(f"LiveKit server: {_without_secrets(settings.livekit_url)}, by the settings")
            await check_access(settings)
            self._log.hide([settings.livekit_api_secret.get_secret_value()])
            return
        key, secret = _own_keys(settings)
        update = {"livekit_api_key": key, "livekit_api_secret": SecretStr(secret)}
        self._settings = settings = settings.model_copy(update=update)
        self._log.hide([secret])
        server = await go_server.obtain(LIVEKIT, self._say)
        self._say(f"livekit-server: {server.way}")
        ready = self._answers(f"http://127.0.0.1:{settings.livekit_port}/")
        spec = plan.livekit(settings, server, key, secret, ready)
        await self._supervisor.start(spec)

    async def _make_dispatcher(self) -> Dispatcher:
        lkapi = await self._stack.enter_async_context(server_api(self._settings))
        settings = self._settings
        limit = settings.agent_load_limit if plan.own_server(settings) else None
        self._dispatcher = Dispatcher(lkapi, settings.room, self._say, limit=limit)
        return self._dispatcher

    async def _start_agent(self, dispatcher: Dispatcher) -> None:
        await self._supervisor.start(plan.agent(self._settings, dispatcher.worker_ready))
        dispatcher.start()
        try:
            async with asyncio.timeout(_JOIN_LIMIT):
                await dispatcher.joined.wait()
        except TimeoutError:
            raise LaunchError(
                f"the agent did not join room {self._settings.room} within {_JOIN_LIMIT:g} s"
            ) from None

    async def _start_ingress(self, source: SourceSpec | None, dispatcher: Dispatcher) -> None:
        """Starts the service, and waits for a source that lies on this machine."""
        settings = self._settings
        address = f"http://127.0.0.1:{settings.ingress_port}"
        ready = self._answers(f"{address}/health")
        token = self._token()
        await self._supervisor.start(plan.ingress(settings, source, ready))
        if source is None or not is_waited_for(source):
            return
        error = ""
        well = began = time.monotonic()
        while not await dispatcher.participant_present(source.name):
            state, error = await state_of(source, self._session, f"{address}/api/sources", token)
            now = time.monotonic()
            well = well if error else now
            if state == "failed" or now > min(well + _WRONG_LIMIT, began + _SOURCE_LIMIT):
                said = error or f"it was not there within {_SOURCE_LIMIT:g} s"
                raise LaunchError(f"SOURCE={source.address}: {said}")
            await asyncio.sleep(_LOOK)

    def _new_token(self) -> str:
        try:
            return newly_made(self._settings)
        except AdminTokenError as error:
            raise LaunchError(str(error)) from None

    def _token(self) -> str:
        try:
            token = admin_token(self._settings)
        except AdminTokenError as error:
            raise LaunchError(str(error)) from None
        self._log.hide([token])
        return token

    def _on_exit(self, name: str) -> None:
        if self._dispatcher is None:
            return
        if name == "agent":
            self._dispatcher.worker_lost()
        elif name == "livekit":
            self._dispatcher.server_lost()

    def _answers(self, url: str) -> Callable[[], Awaitable[bool]]:
        async def ask() -> bool:
            try:
                async with self._session.get(url) as response:
                    return response.status == 200
            except (aiohttp.ClientError, TimeoutError, OSError):
                return False

        return ask


async def _all(steps: Sequence[Awaitable[None]]) -> None:
    tasks = [asyncio.ensure_future(step) for step in steps]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _own_keys(settings: Settings) -> tuple[str, str]:
    chosen = {"livekit_api_key", "livekit_api_secret"} & settings.model_fields_set
    if not chosen:
        return keys.ensure(settings.state_dir, settings.livekit_url)
    secret = settings.livekit_api_secret.get_secret_value()
    if not settings.livekit_api_key or len(secret) < keys.LEAST_SECRET:
        raise LaunchError(
            "LIVEKIT_API_KEY needs a LIVEKIT_API_SECRET of at least "
            f"{keys.LEAST_SECRET} characters beside it; without both, a pair is made"
        )
    return settings.livekit_api_key, secret


async def check_access(settings: Settings) -> None:
    """Whether the LiveKit server of the settings takes their key. Raises LaunchError."""
    where = f"LIVEKIT_URL={_without_secrets(settings.livekit_url)}"
    if not settings.livekit_api_key or not settings.livekit_api_secret.get_secret_value():
        raise LaunchError(f"{where} needs LIVEKIT_API_KEY and LIVEKIT_API_SECRET, best in .env")
    try:
        async with server_api(settings) as lkapi:
            await lkapi.room.list_rooms(api.ListRoomsRequest())
    except api.TwirpError as error:
        if error.status == 401:
            said = (
                "refuses LIVEKIT_API_KEY and LIVEKIT_API_SECRET, or this machine's clock is wrong"
            )
            raise LaunchError(f"{where} {said}") from None
        raise LaunchError(f"{where} answers {error.code}; is it a LiveKit server?") from None
    except ERRORS as error:
        raise LaunchError(f"{where} does not answer ({why_away(error)})") from None


def _without_secrets(url: str) -> str:
    return url.split("?")[0] if "@" not in url else url.split("://")[0] + "://" + url.split("@")[-1]
