"""Requests to engines, and what came back."""

from __future__ import annotations

import base64
import io
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from gated_engine import Answer, ScriptedEngine, scripted_engine
from livekit.plugins.pressbox.commentator import Options, SampledFrame, new_line
from livekit.plugins.pressbox.commentator.prompt import Asked, engine_request
from livekit.plugins.pressbox.engine import Delta, Engine, EngineRequest

from agent.engine.engines import Engines

KEY = "sk-very-secret-key"


def window(
    pictures: int = 4,
    *,
    sound: bytes = b"",
    look: Callable[[int], bytes] = lambda index: bytes([index]),
    **more: Any,
) -> EngineRequest:
    """A window of so many pictures, a second apart, and an instruction; `look` gives the JPEG of
    each, which else is a byte.
    """
    line = new_line("commentary", anchor=0.0, requested_at=0.0)
    grey = np.zeros((90, 160), np.uint8)
    frames = [
        SampledFrame(float(index - pictures + 1), look(index), grey) for index in range(pictures)
    ]
    asked = Asked("What happens?", sound=sound)
    request = engine_request(line, frames, asked, Options(room="lobby"), "Be brief.", [])
    return replace(request, **more)


@asynccontextmanager
async def asking(
    *script: Answer, api: str = "auto", model: str = "", **engine: Any
) -> AsyncIterator[tuple[Engines, ScriptedEngine]]:
    """A client and the engine that it asks."""
    async with scripted_engine(*script, **engine) as server:
        client = Engines(server.url, api=api, api_key=KEY, model=model)
        try:
            yield client, server
        finally:
            await client.aclose()


async def answer(client: Engine, request: EngineRequest | None = None) -> list[Delta]:
    async with aclosing(client.stream(request or window())) as deltas:
        return [delta async for delta in deltas]


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text or delta.transcript for delta in deltas)


def pcm_of(deltas: list[Delta]) -> bytes:
    return b"".join(delta.pcm for delta in deltas)


def pictures_of(body: dict[str, Any]) -> list[int]:
    """Which of the pictures of ``window`` a request carries, wherever they stand in it."""
    urls = list(body.get("images", []))
    for message in body["messages"]:
        if isinstance(message["content"], list):
            found = [part for part in message["content"] if part["type"] == "image_url"]
            urls += [part["image_url"]["url"] for part in found]
    return [base64.b64decode(url.split(",")[1])[0] for url in urls]


def wav(pcm: bytes, rate: int) -> bytes:
    """Mono int16 as a WAV file, by a writer that is not ours."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return out.getvalue()
