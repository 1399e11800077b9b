"""Blocking work as an async stream."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from speech.threads import Sink, stream


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


async def test_what_the_work_raises_comes_after_its_pieces(executor: ThreadPoolExecutor) -> None:
    def work(sink: Sink[int]) -> None:
        sink.put(1)
        raise ValueError("boom")

    pieces = stream(executor, work)
    assert await anext(pieces) == 1
    with pytest.raises(ValueError, match="boom"):
        await anext(pieces)


async def test_closing_tells_the_work_while_it_is_in_its_thread(
    executor: ThreadPoolExecutor,
) -> None:
    told = threading.Event()

    def work(sink: Sink[int]) -> None:
        while sink.put(1):
            if sink.cancelled:
                break
        told.set()

    pieces = stream(executor, work)
    await anext(pieces)
    await pieces.aclose()
    assert told.wait(10)


async def test_work_that_nobody_waits_for_any_more_is_not_begun(
    executor: ThreadPoolExecutor,
) -> None:
    gate, begun = threading.Event(), threading.Event()
    executor.submit(gate.wait)

    def work(sink: Sink[int]) -> None:
        begun.set()

    task = asyncio.ensure_future(anext(stream(executor, work)))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    gate.set()
    executor.shutdown(wait=True)
    assert not begun.is_set()
