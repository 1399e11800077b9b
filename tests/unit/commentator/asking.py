"""Requests to scripted servers, and what came back."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.commentator.engine.chunks import Delta
from agent.commentator.engine.client import EngineClient, EngineRequest
from agent.commentator.prompt import build_messages
from tests.support.scripted_servers import ScriptedServer, serving

KEY = "sk-very-secret-key"


def window(pictures: int = 4, **more: Any) -> EngineRequest:
    """A window of so many pictures, each another byte, and an instruction."""
    jpegs = [bytes([index]) for index in range(pictures)]
    messages = build_messages(system="Be brief.", history=[], jpegs=jpegs, text="What happens?")
    times = [float(index - pictures + 1) for index in range(pictures)]
    return EngineRequest(messages=messages, frame_times=times, room="lobby", **more)


def spoken() -> EngineRequest:
    """A spoken question about one picture."""
    request = window(1, kind="answer")
    sound = {"data": base64.b64encode(b"RIFF").decode(), "format": "wav"}
    part = {"type": "input_audio", "input_audio": sound}
    last = request.messages[-1]
    messages = [*request.messages[:-1], {**last, "content": [*last["content"], part]}]
    return EngineRequest(messages=messages, kind="answer")


@asynccontextmanager
async def asking(server: ScriptedServer, **more: Any) -> AsyncIterator[EngineClient]:
    """A client of a server that runs within the block."""
    async with serving(server):
        client = EngineClient(server.url, **{"api_key": KEY, "api": server.api} | more)
        try:
            yield client
        finally:
            await client.aclose()


async def answer(client: EngineClient, request: EngineRequest | None = None) -> list[Delta]:
    async with aclosing(client.stream(request or window())) as deltas:
        return [delta async for delta in deltas]


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text or delta.transcript for delta in deltas)


def pcm_of(deltas: list[Delta]) -> bytes:
    return b"".join(delta.pcm for delta in deltas)


def samples_of(deltas: list[Delta]) -> NDArray[np.int16]:
    return np.frombuffer(pcm_of(deltas), "<i2").astype(np.int16)


def pictures_of(body: dict[str, Any]) -> list[int]:
    """Which of the pictures of ``window`` a request carries, wherever they stand in it."""
    urls = list(body.get("images", []))
    for message in body["messages"]:
        if isinstance(message["content"], list):
            found = [part for part in message["content"] if part["type"] == "image_url"]
            urls += [part["image_url"]["url"] for part in found]
    return [base64.b64decode(url.split(",")[1])[0] for url in urls]
