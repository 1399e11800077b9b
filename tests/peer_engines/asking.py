"""Requests with real pictures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import cv2
import numpy as np
from livekit.plugins.pressbox.engine import EngineRequest

from agent.engine.engines import Engines
from tests.unit.commentator import asking


@asynccontextmanager
async def client_of(url: str, **more: Any) -> AsyncIterator[Engines]:
    """One client, closed afterwards."""
    client = Engines(url, **more)
    try:
        yield client
    finally:
        await client.aclose()


def window(pictures: int, **more: Any) -> EngineRequest:
    """A window of so many pictures, each lighter than the one before."""
    return asking.window(pictures, look=_jpeg, **more)


def _jpeg(index: int) -> bytes:
    done, data = cv2.imencode(".jpg", np.full((180, 320, 3), 20 * index, np.uint8))
    assert done
    return data.tobytes()
