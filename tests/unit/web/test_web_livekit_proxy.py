"""`/rtc` handed on to a LiveKit server that follows a script; tests/room has the real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import DummyCookieJar, WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer
from livekit import api

from config.settings import load_settings
from tests.support.http_api import Client
from tests.support.ports import free_port
from web import livekit_proxy
from web.page import Page
from web.server import Server

Script = Callable[[web.Request], Awaitable[web.StreamResponse]]
Handing = Callable[..., AbstractAsyncContextManager[Client]]
SECRET = "x" * 40
PATH = "/rtc/v1?access_token=a%2Bb&join_request=c%3D"


@pytest.fixture
def handing(tmp_path: Path) -> Handing:
    """The page before a server that answers so; without an answer there is none."""

    @asynccontextmanager
    async def handing_(script: Script | None = None) -> AsyncIterator[Client]:
        far = web.Application()
        if script is not None:
            far.router.add_get("/{any:.*}", script)
        port = free_port()
        keys = {"livekit_api_key": "key", "livekit_api_secret": SECRET}
        values = {"livekit_url": f"ws://127.0.0.1:{port}", "lan": True, "state_dir": str(tmp_path)}
        settings = load_settings(cli={**keys, **values}, env={}, directory=tmp_path)
        near = TestServer(Server(settings, Page(tmp_path)).app(), skip_url_asserts=True)
        async with TestClient(near, cookie_jar=DummyCookieJar()) as client:
            if script is None:
                yield client
                return
            async with TestServer(far, port=port):
                yield client

    return handing_


async def echo(request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        if message.data == "end":
            await socket.close(code=4001, message=b"over")
        elif message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
        else:
            await socket.send_bytes(message.data)
    return socket


async def test_nothing_of_ours_goes_on_but_a_token_of_livekits(handing: Handing) -> None:
    seen: list[web.Request] = []

    async def script(request: web.Request) -> web.StreamResponse:
        seen.append(request)
        return await echo(request) if "Upgrade" in request.headers else web.Response(status=403)

    token = api.AccessToken("key", SECRET).with_identity("robot").to_jwt()
    stranger = api.AccessToken("other", SECRET).with_identity("robot").to_jwt()
    async with handing(script) as client:
        for given, goes_on in (("the-admin-token", False), (stranger, False), (token, True)):
            headers = {"Authorization": f"Bearer {given}", "Cookie": "secret=1", "X-Other": "1"}
            async with client.ws_connect(PATH, headers=headers):
                pass
            assert (await client.get("/rtc/validate?access_token=a", headers=headers)).status == 403
            for request in seen:
                assert not {"Cookie", "X-Other"} & request.headers.keys()
                assert ("Authorization" in request.headers) is goes_on
            assert [request.path_qs for request in seen] == [PATH, "/rtc/validate?access_token=a"]
            seen.clear()
        for path in ("/rtc/../twirp/livekit.RoomService", "/rtc/%2e%2e/twirp", "/rtcx", "/twirp"):
            assert (await client.get(path)).status in (404, 503)
        assert seen == []


async def test_a_server_that_is_away_silent_or_unwilling_is_told_at_once(
    handing: Handing, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unwilling(_: web.Request) -> web.StreamResponse:
        return web.Response(status=401)

    async def silent(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(3600)
        raise web.HTTPOk

    for script, status in ((None, 502), (unwilling, 401), (silent, 504)):
        if script is silent:
            monkeypatch.setattr(livekit_proxy, "CONNECT_LIMIT", 0.2)
        async with handing(script) as client:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(PATH)
            assert refused.value.status == status
            assert (await client.get("/rtc/validate")).status == status


async def test_who_does_not_read_holds_up_who_sends_and_is_let_go(
    handing: Handing, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, ended = 0, asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        try:
            while not socket.closed:
                await socket.send_bytes(bytes(65_536))
                sent += 1
        except ConnectionError:
            pass
        finally:
            ended.set()
        return socket

    monkeypatch.setattr(livekit_proxy, "WRITE_LIMIT", 0.2)
    monkeypatch.setattr(livekit_proxy, "CLOSE_LIMIT", 0.0)
    async with handing(endless) as client, client.ws_connect(PATH):
        await asyncio.wait_for(ended.wait(), 30)
    assert sent * 65_536 < 64 * 1024 * 1024, sent
