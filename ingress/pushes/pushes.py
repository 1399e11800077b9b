"""Who may push what, the addresses to push to, and the source that such a push is."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs

from pydantic import SecretStr

from config.own_address import reachable
from config.settings import Settings
from config.source_spec import SourceSpec
from ingress.pushes.media_server import READER, MediaServer, known_as, push_host
from ingress.reader.messages import Request
from ingress.reader.process import ReaderProcess
from ingress.relay import Relay

WAITING = "waiting for a push"

SOON, SOON_LOOK, LOOK = 10.0, 0.1, 5.0
"""Seconds after a login within which the stream is looked for often, and between looks; often also
while nothing takes pushes, so that it is told when something does.
"""


def new_url() -> str:
    """The address of a source that is pushed, with a key of its own."""
    return f"push:{secrets.token_urlsafe(18)}"


def path_of(name: str) -> str:
    """Where in mediamtx the stream of this name is."""
    return f"live/{name}"


def addresses(settings: Settings, name: str, key: str) -> dict[str, dict[str, str]]:
    """For each protocol the address to push to and, where encoders have a field for it, the key
    that goes with it; else it is in the address.
    """
    host, path = known_as(settings) or reachable(push_host(settings)), path_of(name)
    rtmp, whip = settings.push_rtmp_port, settings.push_whip_port
    srt, rtsp = settings.push_srt_port, settings.push_rtsp_port
    return {
        "rtmp": {"address": f"rtmp://{host}:{rtmp}/live", "key": f"{name}?pass={key}"},
        "srt": {"address": f"srt://{host}:{srt}?streamid=publish:{path}:{name}:{key}"},
        "whip": {"address": f"http://{host}:{whip}/{path}/whip", "key": key},
        "rtsp": {"address": f"rtsp://{name}:{key}@{host}:{rtsp}/{path}"},
    }


@dataclass
class _Push:
    key: str = field(repr=False)
    came: Callable[[], None]
    logged_in: float = 0.0
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Pushes:
    """All streams that may be pushed, with the server that takes them."""

    def __init__(self, settings: Settings, server: MediaServer | None = None) -> None:
        self._settings = settings
        self._pushes: dict[str, _Push] = {}
        self.server = server or MediaServer(settings)

    def source(self, spec: SourceSpec) -> PushedSource:
        """The source of a spec with a push in it."""
        return PushedSource(spec, self._settings, self)

    def admits(self, asked: Mapping[str, object]) -> bool:
        """Whether mediamtx may let this happen: our own reader may look, who has the key of a path
        may publish to it.
        """
        given = _credentials(asked)
        if asked.get("action") in ("read", "api"):
            return asked.get("user") == READER and _same(given, self.server.secret)
        push = self._pushes.get(str(asked.get("path")))
        if asked.get("action") != "publish" or push is None or not _same(given, push.key):
            return False
        push.logged_in = time.monotonic()
        push.news.set()
        push.came()
        return True

    async def open(self, name: str, key: str, came: Callable[[], None]) -> None:
        """Takes pushes to this name; `came` is called when somebody with the key is at the door.

        Raises OSError where another room has a push of this name.
        """
        path = path_of(name)
        if path in self._pushes:
            raise OSError(0, f"another room has a push {name}")
        self._pushes[path] = _Push(key, came)
        await self.server.add(path, {}, hidden=[key])

    async def close(self, name: str) -> None:
        """Takes no more; who pushes is cut off."""
        if self._pushes.pop(path_of(name), None):
            await self.server.remove(path_of(name))

    async def published(self, name: str) -> bool:
        """Whether a stream comes in; waits for a moment where none does."""
        path = path_of(name)
        if await self.server.ready(path):
            return True
        push = self._pushes[path]
        soon = not self.server.pid or time.monotonic() - push.logged_in < SOON
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SOON_LOOK if soon else LOOK):
                await push.news.wait()
        push.news.clear()
        return False

    async def aclose(self) -> None:
        """Ends the server. Idempotent."""
        await self.server.aclose()


class PushedSource(Relay):
    """A source that somebody pushes: it is read when there is something to read."""

    def __init__(self, spec: SourceSpec, settings: Settings, pushes: Pushes) -> None:
        """Raises NoKeyError."""
        self._pushes = pushes
        self._name, self._key = spec.name, spec.address.password
        self._open = False
        pulled = SecretStr(pushes.server.url(path_of(spec.name)))
        spec = spec.model_copy(update={"url": pulled, "transport": "tcp"})
        super().__init__(spec, settings, start_reader=self._when_published)
        self._base = replace(self._base, url="push")

    async def aclose(self) -> None:
        """Takes no more pushes, leaves the room. Idempotent."""
        await super().aclose()
        if self._open:
            self._open = False
            await self._pushes.close(self._name)

    async def _when_published(self, request: Request) -> ReaderProcess:
        if not self._open:
            await self._pushes.open(self._name, self._key, self._came)
            self._open = True
        server = self._pushes.server
        while True:
            self.supervisor.waits(WAITING if server.pid else server.trouble)
            if await self._pushes.published(self._name):
                return await ReaderProcess.start(request)
            if self.supervisor.lifecycle.reading == "stopped":
                raise OSError(0, "it was taken out of the room")

    def _came(self) -> None:
        """Whoever pauses after a failure tries at once; who was taken out of the room stays out."""
        if self.supervisor.lifecycle.reading != "stopped":
            self.supervisor.wake()


def _credentials(asked: Mapping[str, object]) -> str:
    """What stands where the protocol has room for a password: as such, as a bearer token, or in the
    query of an address.
    """
    query = parse_qs(str(asked.get("query") or ""))
    return str(asked.get("password") or asked.get("token") or query.get("pass", [""])[0])


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode())
