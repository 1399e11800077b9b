"""Waiting for a moment that may move."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

LOOK_AGAIN = 0.05
"""Seconds after which a wait is planned anew: the delay slews, and lines end early."""


async def sleep_until(moment: Callable[[], float]) -> None:
    """Sleep until `moment()` (monotonic seconds), which is asked again every `LOOK_AGAIN`
    seconds.
    """
    left = moment() - time.monotonic()
    while left > 0:
        await asyncio.sleep(min(left, LOOK_AGAIN))
        left = moment() - time.monotonic()
