"""Tasks that fail are heard of, start again, and end with their owner."""

from __future__ import annotations

import asyncio
import time

import pytest

from config.tasks import LONGEST_WAIT, Tasks
from tests.support.virtual_time import START, virtual


@virtual
async def test_a_task_that_fails_is_told_and_starts_again_ever_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told, begun = list[str](), list[float]()
    tasks = Tasks(told.append)

    async def fail() -> None:
        begun.append(time.monotonic() - START)
        await asyncio.sleep(0)
        raise KeyError("secret")

    tasks.keep("the fan", fail)
    await asyncio.sleep(200)
    assert begun[:4] == [0, 0.5, 1.5, 3.5]
    assert begun[-1] - begun[-2] == LONGEST_WAIT
    assert told[0] == "the fan failed (KeyError) and starts again"
    assert "Traceback" in caplog.text
    await tasks.aclose()
    assert len(tasks) == 0


@virtual
async def test_closing_ends_all_also_what_has_not_begun() -> None:
    tasks = Tasks(lambda _: None)
    begun = list[str]()

    async def work(name: str) -> None:
        begun.append(name)
        await asyncio.sleep(3600)

    tasks.once("begun", work("begun"))
    await asyncio.sleep(1)
    tasks.once("new", work("new"))  # one that is never awaited would be a warning, and fail here
    await tasks.aclose()
    await tasks.aclose()
    assert begun == ["begun"]


@virtual
async def test_closing_can_wait_for_those_that_end_by_themselves() -> None:
    tasks, ended = Tasks(lambda _: None), list[str]()

    async def work(seconds: float) -> None:
        await asyncio.sleep(seconds)
        ended.append(f"{seconds}")

    tasks.once("short", work(2))
    tasks.once("long", work(60))
    await tasks.aclose(grace=5)
    assert ended == ["2"]
    assert time.monotonic() == START + 5
