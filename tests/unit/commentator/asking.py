"""Requests to scripted servers, and what came back."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.commentator.engine.chunks import Delta
from agent.commentator.engine.client import EngineClient
from agent.commentator.engine.request import EngineRequest
from agent.commentator.line import new_line
from agent.commentator.options import Options
from agent.commentator.prompt import Asked, engine_request
from agent.commentator.window import SampledFrame
from tests.support.scripted_servers import ScriptedServer, serving

KEY = "sk-very-secret-key"


def window(pictures: int = 4, **more: Any) -> EngineRequest:
    """A window of so many pictures, a second apart, each another byte, and an instruction."""
    line = new_line("commentary", anchor=0.0, requested_at=0.0)
    grey = np.zeros((90, 160), np.uint8)
    frames = [
        SampledFrame(float(index - pictures + 1), bytes([index]), grey) for index in range(pictures)
    ]
    options = Options(room="lobby", enable_tts=True)
    request = engine_request(line, frames, Asked("What happens?"), options, "Be brief.", [])
    return replace(request, **more)


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
