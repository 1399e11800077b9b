"""Waiting for what comes about by itself."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable


async def until(true: Callable[[], object], limit: float = 60.0) -> None:
    """Wait until `true()`, or what it awaits, holds. Raises TimeoutError after `limit` seconds,
    which only end a test that fails.
    """
    async with asyncio.timeout(limit):
        while not (await found if inspect.isawaitable(found := true()) else found):
            await asyncio.sleep(0.02)
