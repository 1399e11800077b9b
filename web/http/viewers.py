"""Those who watch without end: how many they are, and what becomes of one who does not read."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from aiohttp import web

from web.feed import CallError, Feed, Feeds

log = logging.getLogger("web")

T = TypeVar("T")
Kind = Literal["picture", "sound", "events"]

WRITE_TIMEOUT = 10.0
"""Seconds for which a client may take nothing."""
OPEN_TIMEOUT = 20.0
"""Seconds until a room is open, or is not to be had."""
VANISHED = 30_000
"""Milliseconds for which a client's machine may acknowledge nothing."""
MOST = 800
"""Endless answers at a time."""
BROWSER_MOST = 5
"""Of them to one browser: it opens six connections to a server, and needs one for all else."""
COOKIE = "pressbox_browser"

_UNSENT = 16 * 1024
"""Bytes that wait in the system: what lies there is late when it is read."""


class Viewers:
    """All who watch the rooms of a server, and its endless answers."""

    def __init__(self, feeds: Feeds) -> None:
        self._feeds = feeds
        self._viewers: set[Viewer] = set()

    def count(self, kind: Kind) -> int:
        """How many there are of a kind."""
        return sum(one.kind == kind for one in self._viewers)

    @asynccontextmanager
    async def watching(
        self, request: web.Request, kind: Kind, room: str
    ) -> AsyncIterator[tuple[Viewer, Feed]]:
        """One more, for as long as this lasts. Raises CallError where there are too many."""
        viewer = self._admitted(request, kind)
        self._viewers.add(viewer)
        try:
            async with self.room(room) as feed:
                yield viewer, feed
        except ConnectionError:
            raise
        except Exception as error:
            if not viewer.answer.prepared:
                raise
            log.warning("an answer to %s ended early", request.path, exc_info=error)
            viewer.cut()
            raise ConnectionResetError("it ended early") from None
        finally:
            self._viewers.discard(viewer)

    @asynccontextmanager
    async def room(self, room: str) -> AsyncIterator[Feed]:
        """`Feeds.watch`, but never without an end. Raises CallError."""
        async with AsyncExitStack() as stack:
            entering = stack.enter_async_context(self._feeds.watch(room))
            yield await within(OPEN_TIMEOUT, entering, 504, "the room did not open")

    def end(self) -> None:
        """End them all: the server stops."""
        for viewer in self._viewers:
            if viewer.task is not None:
                viewer.task.cancel()

    def _admitted(self, request: web.Request, kind: Kind) -> Viewer:
        if len(self._viewers) >= MOST:
            raise CallError(503, f"{MOST} clients are served already, try again later")
        viewer = Viewer(request, kind, _browser(request), asyncio.current_task())
        same = Counter(one.kind for one in self._viewers if one.browser == viewer.browser)
        if viewer.browser and same.total() >= BROWSER_MOST:
            having = ", ".join(f"{count} of {one}" for one, count in sorted(same.items()))
            raise CallError(
                429,
                f"this browser has {BROWSER_MOST} endless connections open ({having}) and can "
                "make no more than six: close a page that plays",
            )
        return viewer


@dataclass(eq=False, slots=True)
class Viewer:
    """One of them, and its answer."""

    request: web.Request
    kind: Kind
    browser: str
    task: asyncio.Task[object] | None
    answer: web.StreamResponse = field(default_factory=web.StreamResponse)

    async def begin(self, headers: Mapping[str, str]) -> web.StreamResponse:
        """Send the head of the answer."""
        self.answer.headers.update({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self.answer.headers.update(headers)
        remember(self.request, self.answer, self.browser)
        if self.request.transport is not None:
            _no_backlog(self.request.transport)
        await self.answer.prepare(self.request)
        return self.answer

    async def send(self, data: bytes) -> None:
        """Hand it over. Raises ConnectionError where the client has gone or does not read."""
        try:
            async with asyncio.timeout(WRITE_TIMEOUT):
                await self.answer.write(data)
        except TimeoutError:
            self.cut()
            raise ConnectionResetError("the client does not read") from None

    def cut(self) -> None:
        """End the connection; what the client did not read would be waited for otherwise."""
        if self.request.transport is not None:
            self.request.transport.abort()


async def within(seconds: float, work: Awaitable[T], status: int, otherwise: str) -> T:
    """What `work` gives. Raises CallError where it takes longer."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        raise CallError(status, f"{otherwise} for {seconds:.0f} s") from None


def remember(request: web.Request, answer: web.StreamResponse, browser: str = "") -> None:
    """Give a browser the name by which its connections are counted, where it has none."""
    browser = browser or _browser(request)
    if browser and browser != request.cookies.get(COOKIE):
        # By hand: where this is called from, it is too late for aiohttp's own way.
        cookie = f"{COOKIE}={browser}; HttpOnly; Path=/; SameSite=Lax"
        answer.headers.add("Set-Cookie", cookie)


def _browser(request: web.Request) -> str:
    """Which one; "" for what is none. HTTP/2, which a proxy before us with TLS will speak, shares
    one connection.
    """
    if not request.headers.get("User-Agent", "").startswith("Mozilla/"):
        return ""
    if request.headers.get("X-Forwarded-Proto", "") == "https":
        return ""
    given = request.cookies.get(COOKIE, "")
    return given if 0 < len(given) < 64 else secrets.token_urlsafe(12)


def _no_backlog(transport: asyncio.Transport) -> None:
    """A slow client shall lose pictures, not see old ones; and one that is off is to be noticed."""
    transport.set_write_buffer_limits(high=0)
    found = transport.get_extra_info("socket")
    for name, value in (("TCP_NOTSENT_LOWAT", _UNSENT), ("TCP_USER_TIMEOUT", VANISHED)):
        with suppress(AttributeError, OSError):  # not every system has them
            found.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
