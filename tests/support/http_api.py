"""What tests of the HTTP API ask it with."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request

from tests.support.scripted_feed import ScriptedFeeds

Client = TestClient[Request, Application]
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
