"""mediamtx as a child of the service: started with the first path, kept running, spoken to."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import re
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import yaml

from config import files
from config.child_process import environment, how_it_ended
from config.own_address import is_loopback
from config.settings import Settings
from ingress.backoff import Backoff

log = logging.getLogger("pressbox.ingress")

READER = "pressbox"
"""User as whom our own readers come; nobody else may read."""

FILE = "mediamtx.yml"
AUTH_PATH = "/push"
"""Where the service's API is asked who may do what."""

COMMAND = (sys.executable, "-m", "launcher.mediamtx")
"""Gets the program and prints its path."""

GRACE, TRIES = 3.0, 5
_CALL = aiohttp.ClientTimeout(total=2.0)
_ROOT = Path(__file__).resolve().parent.parent.parent
_RECORD = re.compile(r"\d{4}/\d\d/\d\d [\d:]+ ([A-Z]{3}) (.*)")
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def push_host(settings: Settings) -> str:
    """Where pushes are taken: as it is set, or where the page is served."""
    return settings.push_host or ("0.0.0.0" if settings.lan else "127.0.0.1")


def known_as(settings: Settings) -> str:
    """How others know the machine where the service is in a container of its own; "" elsewhere."""
    return "" if is_loopback(settings.ingress_host) else next(iter(settings.web_names), "")


def config(settings: Settings, api_port: int, paths: Mapping[str, object]) -> dict[str, object]:
    """What mediamtx goes by: everything is off that is not needed, and every request is asked of
    the service.
    """
    host = push_host(settings)
    alone = is_loopback(host)

    def at(port: int) -> str:
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    return {
        "logLevel": "info",
        "authMethod": "http",
        "authHTTPAddress": f"http://127.0.0.1:{settings.ingress_port}{AUTH_PATH}",
        "authHTTPExclude": [],
        "api": True,
        "apiAddress": f"127.0.0.1:{api_port}",
        "apiAllowOrigins": [],
        "rtspTransports": ["tcp"],
        "rtspAddress": at(settings.push_rtsp_port),
        "rtmpAddress": at(settings.push_rtmp_port),
        "srtAddress": at(settings.push_srt_port),
        "webrtcAddress": at(settings.push_whip_port),
        "webrtcLocalUDPAddress": at(settings.push_whip_udp_port),
        "webrtcIPsFromInterfaces": not alone,
        "webrtcAdditionalHosts": [
            name for name in (known_as(settings) or alone * "127.0.0.1",) if name
        ],
        **dict.fromkeys(("hls", "moq", "metrics", "pprof", "playback"), False),
        # Of two that have the key the newer one counts: mostly it is the same camera, back again.
        "pathDefaults": {"overridePublisher": True, "record": False},
        "paths": dict(paths),
    }


class MediaServer:
    """The process, its paths and its log. Nothing runs before the first path."""

    def __init__(self, settings: Settings, command: Iterable[str] = COMMAND) -> None:
        """command: gets mediamtx, for tests."""
        self._settings = settings
        self._command = tuple(command)
        self._paths: dict[str, object] = {}
        self._hidden: dict[str, set[str]] = {}
        self._task: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None
        self._api = ""
        self._said = ""
        self.secret = secrets.token_urlsafe(24)
        """The password of READER; another one at each start of the service."""
        self.pid = 0
        """0 while it does not run."""
        self.trouble = ""
        """Why no pushes can be taken at the moment, one line without secrets; "" for nothing."""

    def url(self, path: str) -> str:
        """Where our own reader finds a path."""
        host = push_host(self._settings)
        host = "127.0.0.1" if host == "0.0.0.0" else f"[{host}]" if ":" in host else host
        login = f"{READER}:{self.secret}"
        return f"rtsp://{login}@{host}:{self._settings.push_rtsp_port}/{path}"

    async def add(self, path: str, conf: Mapping[str, object], hidden: Iterable[str] = ()) -> None:
        """Has it take this path; `hidden` is kept out of its log."""
        self._paths[path] = dict(conf)
        self._hidden[path] = {one for one in hidden if one}
        if self._task is None:
            login = {"Authorization": aiohttp.encode_basic_auth(READER, self.secret)}
            self._session = aiohttp.ClientSession(headers=login, timeout=_CALL)
            self._task = asyncio.create_task(self._run(), name="ingress.mediamtx")
        await self._ask("POST", f"config/paths/replace/{path}", dict(conf))

    async def remove(self, path: str) -> None:
        """Takes no more of this path; who is on it is cut off."""
        self._paths.pop(path, None)
        await self._ask("DELETE", f"config/paths/delete/{path}")
        self._hidden.pop(path, None)

    async def ready(self, path: str) -> bool:
        """Whether something comes in on it."""
        found = await self._ask("GET", f"paths/get/{path}")
        return bool(found.get("ready"))

    async def aclose(self) -> None:
        """Ends the process. Idempotent."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        session, self._session = self._session, None
        if session:
            await session.close()

    async def _ask(self, method: str, path: str, body: object = None) -> dict[str, object]:
        """An answer of its API; nothing where it does not run, or answers with an error."""
        for _ in range(TRIES):
            if not self._session or not self._api:
                break
            try:
                address = f"{self._api}/v3/{quote(path)}"
                async with self._session.request(method, address, json=body) as answer:
                    found = await answer.json() if answer.status == 200 else {}
                    return found if isinstance(found, dict) else {}
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
                await asyncio.sleep(0.2)  # it is starting, or the machine is busy
        return {}

    async def _run(self) -> None:
        backoff = Backoff()
        while True:
            began = time.monotonic()
            try:
                await self._serve(await self._get())
            except OSError as error:
                self.trouble = f"mediamtx cannot be run: {error.strerror}"
            except Exception as error:  # whatever it is, the pushes come back
                log.exception("what takes pushes failed")
                self.trouble = f"what takes pushes failed ({type(error).__name__})"
            self._api = ""
            log.warning("no pushes are taken: %s", self.trouble)
            # The first failure is no reason to wait: the encoders are at the door.
            await asyncio.sleep(max(0.5, backoff.wait("internal", time.monotonic() - began)))

    async def _get(self) -> str:
        """The path of the program. Raises OSError where it cannot be had; trouble says why."""
        lines = ["mediamtx cannot be had"]

        def says(line: str) -> None:
            lines.append(line)
            self.trouble = line
            log.info("%s", line)

        path: list[str] = []
        more = {"cwd": _ROOT, "env": environment(), "stderr": asyncio.subprocess.PIPE}
        async with _running(self._command, signal.SIGINT, **more) as process:
            await asyncio.gather(
                _lines(process.stdout, path.append), _lines(process.stderr, says), process.wait()
            )
        if process.returncode or not path:
            raise OSError(0, lines[-1])
        return path[-1]

    async def _serve(self, program: str) -> None:
        """One process from its start to its end, which trouble explains."""
        port = _free_port()
        # From here on whoever adds a path tells it too, since the text may be without it.
        self._api = f"http://127.0.0.1:{port}"
        file = self._settings.state_dir / FILE
        text = yaml.safe_dump(config(self._settings, port, self._paths))
        await asyncio.to_thread(files.write, file, text)
        more = {
            "env": {name: value for name, value in environment().items() if name[:4] != "MTX_"},
            "stderr": asyncio.subprocess.STDOUT,
            "preexec_fn": _die_with_us,
            "start_new_session": True,
        }
        try:
            async with _running((program, str(file)), signal.SIGTERM, **more) as process:
                self._said, self.trouble, self.pid = "", "", process.pid
                log.info("mediamtx takes pushes on %s", push_host(self._settings))
                await _lines(process.stdout, self._log)
                await process.wait()
        finally:
            self.pid = 0
        self.trouble = f"mediamtx: {self._said or how_it_ended(process.returncode)}"

    def _log(self, line: str) -> None:
        """Its log goes into ours, without keys."""
        for secret in sorted({self.secret}.union(*self._hidden.values()), key=len, reverse=True):
            line = line.replace(secret, "***")
        found = _RECORD.fullmatch(line)
        level, text = found.groups() if found else ("ERR", line)
        if level == "ERR":
            self._said = text
        log.log(logging.WARNING if level in ("WAR", "ERR") else logging.DEBUG, "mediamtx: %s", text)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_us() -> None:
    """It must not stay when the service is killed."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextlib.asynccontextmanager
async def _running(
    command: Sequence[str], ask: signal.Signals, **more: Any
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process, which is asked to end, then killed, and is gone at the end."""
    nothing, read = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=nothing, stdout=read, **more)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(ask)
        try:
            async with asyncio.timeout(GRACE):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _lines(stream: asyncio.StreamReader | None, hear: Callable[[str], None]) -> None:
    """Hands over line by line until the end."""
    while stream:
        try:
            line = await stream.readline()
        except ValueError:  # longer than any line of sense
            continue
        if not line:
            return
        hear(line.decode(errors="replace").strip())
