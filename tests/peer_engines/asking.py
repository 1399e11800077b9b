"""Requests with real pictures, as the commentator makes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from livekit.plugins.pressbox.commentator.line import new_line
from livekit.plugins.pressbox.commentator.options import Options
from livekit.plugins.pressbox.commentator.prompt import Asked, engine_request
from livekit.plugins.pressbox.commentator.window import SampledFrame
from livekit.plugins.pressbox.engine import Delta, EngineRequest

from agent.engine.engines import Engines


def window(pictures: int = 4, **more: Any) -> EngineRequest:
    """A window of so many pictures, a second apart, each lighter, and an instruction."""
    line = new_line("commentary", anchor=0.0, requested_at=0.0)
    grey = np.zeros((90, 160), np.uint8)
    frames = [
        SampledFrame(float(at - pictures + 1), _jpeg(20 * at), grey) for at in range(pictures)
    ]
    asked = Asked("What happens?")
    request = engine_request(line, frames, asked, Options(room="lobby"), "Be brief.", [])
    return replace(request, **more)


@asynccontextmanager
async def client_of(url: str, **more: Any) -> AsyncIterator[Engines]:
    """One client, closed afterwards."""
    client = Engines(url, **more)
    try:
        yield client
    finally:
        await client.aclose()


async def answer(client: Engines, request: EngineRequest) -> list[Delta]:
    """All pieces of an answer."""
    async with aclosing(client.stream(request)) as deltas:
        return [delta async for delta in deltas]


def text_of(deltas: list[Delta]) -> str:
    """What an answer says."""
    return "".join(delta.text for delta in deltas)


def _jpeg(light: int) -> bytes:
    done, data = cv2.imencode(".jpg", np.full((180, 320, 3), light, np.uint8))
    assert done
    return data.tobytes()
