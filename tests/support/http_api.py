"""What tests of the HTTP API ask it with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request

from config.settings import Settings
from tests.support.scripted_feed import ScriptedFeeds
from tests.support.until import until
from web.page import Page
from web.server import serve

Client = TestClient[Request, Application]
Serving = Callable[..., AbstractAsyncContextManager[Client]]
TOKEN = "the-token-of-the-operator"
OPERATOR = {"Authorization": f"Bearer {TOKEN}"}
ENDLESS = ["/api/mjpeg", "/api/audio-stream", "/api/audio-stream.wav", "/api/events"]


async def ok(client: Client, path: str, **more: Any) -> ClientResponse:
    answer = await client.get(path, **more)
    assert answer.status == 200, await answer.text()
    return answer


async def refusal(client: Client, path: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    answer = await client.request(method, path, **more)
    body: dict[str, Any] = await answer.json()
    assert "\n" not in body["error"]
    return {"status": answer.status, **body}


async def gone(feeds: ScriptedFeeds) -> None:
    """Until nobody watches any more."""
    async with asyncio.timeout(5):
        while feeds.rooms:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(settings: Settings, folder: Path) -> AsyncIterator[ClientSession]:
    """The page as its process serves it, and a client, once it answers."""
    stop = asyncio.Event()
    server = asyncio.create_task(serve(settings, stop, Page(folder)))
    try:
        async with ClientSession() as session:
            await until(lambda: _answers(session, settings.web_port))
            yield session
    finally:
        stop.set()
        await server


async def _answers(session: ClientSession, port: int) -> bool:
    try:
        async with session.get(f"http://127.0.0.1:{port}/health") as answer:
            return answer.status == 200
    except OSError:
        return False
