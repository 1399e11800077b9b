"""Finds what a test left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import pytest

GRACE = 1.0
"""Seconds that tasks may take to end by themselves after the test."""


async def leaked_tasks(before: Collection[asyncio.Task[object]]) -> list[str]:
    """Names of tasks on this loop that are new since `before` and do not end within GRACE."""
    new = asyncio.all_tasks() - set(before) - {asyncio.current_task()}
    if not new:
        return []
    _, running = await asyncio.wait(new, timeout=GRACE)
    return [_described(task) for task in running]


@asynccontextmanager
async def no_task_left() -> AsyncIterator[None]:
    """Fails the test whose block leaves a task running on this loop."""
    before = asyncio.all_tasks()
    yield
    if left := await leaked_tasks(before):
        pytest.fail("tasks left running: " + ", ".join(sorted(left)))


def _described(task: asyncio.Task[object]) -> str:
    coroutine = task.get_coro()
    return f"{task.get_name()} ({getattr(coroutine, '__qualname__', coroutine)})"
