"""`/rtc`: LiveKit's signalling, handed on to livekit-server, so that a browser needs one address.

Whoever asks shows a token of LiveKit's, in the address or in a header; nothing else of the request
goes on, above all no cookie and no token of ours.
"""

from __future__ import annotations

import asyncio

import aiohttp
import jwt
from aiohttp import WSCloseCode, WSMsgType, web
from yarl import URL

from config.settings import Settings
from web.access.operator import credential

MOST = 256
"""Connections at a time."""
CONNECT_LIMIT = 10.0
"""Seconds for livekit-server to answer."""
WRITE_LIMIT = 20.0
"""Seconds in which whoever is sent something must have taken it."""
LARGEST = 4 * 1024 * 1024
"""Bytes of one message, and of an answer that is no WebSocket's."""
_HEARTBEAT = 20.0
"""Seconds between two pings; who answers none has vanished."""

CLOSE_LIMIT = 2.0
"""Seconds for either side to take its goodbye."""

_PATH = "/{rtc:rtc(/[a-z0-9/]*)?}"
_End = tuple[int, bytes]
_Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


class LiveKitProxy:
    """Bound to one LiveKit server."""

    def __init__(self, settings: Settings) -> None:
        self._server = URL(settings.livekit_url)
        self._key = settings.livekit_api_key
        self._session: aiohttp.ClientSession | None = None
        self._under_way: set[asyncio.Task[object] | None] = set()

    def install(self, app: web.Application) -> None:
        """Serve it; the application ends it."""
        app.router.add_get(_PATH, self._handle)
        app.on_shutdown.append(self._end)
        app.on_cleanup.append(self._close)

    async def _end(self, _: web.Application) -> None:
        for task in self._under_way:
            if task is not None:
                task.cancel()

    async def _close(self, _: web.Application) -> None:
        if self._session is not None:
            await self._session.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if len(self._under_way) >= MOST:
            raise web.HTTPServiceUnavailable(text="too many connections to LiveKit\n")
        task = asyncio.current_task()
        self._under_way.add(task)
        try:
            async with asyncio.timeout(CONNECT_LIMIT) as limit:
                return await self._hand_on(request, limit)
        except TimeoutError:
            raise web.HTTPGatewayTimeout(text="livekit-server does not answer\n") from None
        except aiohttp.WSServerHandshakeError as refused:
            return web.Response(status=refused.status, text=f"{refused.message}\n")
        except aiohttp.ClientError:
            raise web.HTTPBadGateway(text="livekit-server is not there\n") from None
        finally:
            self._under_way.discard(task)

    async def _hand_on(self, request: web.Request, limit: asyncio.Timeout) -> web.StreamResponse:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        path = f"{self._server.path.rstrip('/')}/{request.match_info['rtc']}"
        query = request.rel_url.raw_query_string
        url = URL(f"{self._server.origin()}{path}{'?' if query else ''}{query}", encoded=True)
        near = web.WebSocketResponse(
            heartbeat=_HEARTBEAT, autoclose=False, compress=False, max_msg_size=LARGEST
        )
        headers = self._headers(request)
        if not near.can_prepare(request).ok:
            return await _plain(self._session, url, headers)
        async with self._session.ws_connect(
            url, headers=headers, heartbeat=_HEARTBEAT, autoclose=False, max_msg_size=LARGEST
        ) as far:
            limit.reschedule(None)
            await near.prepare(request)
            try:
                await _both_ways(near, far)
            except TimeoutError:
                if request.transport is not None:
                    request.transport.abort()
        return near

    def _headers(self, request: web.Request) -> dict[str, str]:
        """LiveKit's own token, where it comes in the header that ours come in too."""
        token = credential(request)
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            return {}
        return {"Authorization": f"Bearer {token}"} if claims.get("iss") == self._key else {}


async def _plain(session: aiohttp.ClientSession, url: URL, headers: dict[str, str]) -> web.Response:
    """A browser whose connection was refused asks so for the reason."""
    url = url.with_scheme({"ws": "http", "wss": "https"}.get(url.scheme, url.scheme))
    async with session.get(url, headers=headers, allow_redirects=False) as answer:
        body = await answer.content.read(LARGEST)
        return web.Response(status=answer.status, body=body, content_type=answer.content_type)


async def _both_ways(near: web.WebSocketResponse, far: aiohttp.ClientWebSocketResponse) -> None:
    """Until either side has ended, and then the other one too. Raises TimeoutError where one does
    not even take its goodbye.
    """
    ways = [
        asyncio.create_task(_pump(near, far), name="to livekit-server"),
        asyncio.create_task(_pump(far, near), name="from livekit-server"),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        ends = await asyncio.gather(*ways, return_exceptions=True)
        said = [end for end in ends if isinstance(end, tuple)]
        code, reason = said[0] if said else (WSCloseCode.GOING_AWAY, b"")
        async with asyncio.timeout(CLOSE_LIMIT):
            await far.close(code=code, message=reason)
            await near.close(code=code, message=reason)


async def _pump(source: _Socket, sink: _Socket) -> _End:
    """One message at a time, so that who does not read holds up who sends. Returns what the other
    side is told of the end.
    """
    while True:
        message = await source.receive()
        try:
            async with asyncio.timeout(WRITE_LIMIT):
                if message.type is WSMsgType.BINARY:
                    await sink.send_bytes(message.data)
                elif message.type is WSMsgType.TEXT:
                    await sink.send_str(message.data)
                elif message.type is WSMsgType.CLOSE:
                    return message.data or WSCloseCode.OK, str(message.extra or "").encode()[:120]
                else:
                    return WSCloseCode.INTERNAL_ERROR, b"the connection was lost"
        except TimeoutError:
            return WSCloseCode.TRY_AGAIN_LATER, b"too slow"
        except ConnectionError:
            return WSCloseCode.GOING_AWAY, b""
