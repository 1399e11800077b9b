"""The thread that owns a model, when it does not do what it is told."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from models.engine import FatalEngineError
from models.runtime.worker import Patience, Worker
from speech.threads import Sink


async def test_a_thread_that_does_not_stop_is_found_out() -> None:
    stuck = threading.Event()

    def work(sink: Sink[int]) -> None:
        sink.put(1)
        stuck.wait()

    worker = Worker("model", Patience(piece=60, stop=0.05))
    async with aclosing(worker.stream(work)) as pieces:
        assert await anext(pieces) == 1
    for _ in range(2):
        with pytest.raises(FatalEngineError, match=r"did not stop within 0\.05 s"):
            await anext(worker.stream(work))
    assert not await worker.aclose(lambda: None, 0.05), "closing does not wait for it"
    stuck.set()
    assert await worker.aclose(lambda: None, 0.05)


def obedient(sink: Sink[int]) -> None:
    while not sink.cancelled:
        time.sleep(0.001)


async def test_work_that_makes_nothing_is_told_to_stop() -> None:
    worker = Worker("model", Patience(piece=0.05, stop=60))
    assert [piece async for piece in worker.stream(obedient)] == []
    assert await worker.aclose(lambda: None, 5)


async def test_closing_stops_what_runs_and_then_lets_go() -> None:
    inside, order, loop = asyncio.Event(), [], asyncio.get_running_loop()

    def work(sink: Sink[int]) -> None:
        loop.call_soon_threadsafe(inside.set)
        obedient(sink)
        order.append("stopped")

    worker = Worker("model")
    pieces: AsyncGenerator[int, None] = worker.stream(work)
    waiting = asyncio.ensure_future(anext(pieces, None))
    await inside.wait()
    assert await worker.aclose(lambda: order.append("closed"), 10)
    assert order == ["stopped", "closed"]
    assert await waiting is None
