"""The thread that owns the model."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from models.engine import FatalEngineError
from models.runtime.worker import DaemonThread, Patience, Worker
from speech.threads import Sink


async def test_work_runs_in_one_thread_in_order() -> None:
    worker = Worker("w", lambda: None)

    def work(sink: Sink[str]) -> None:
        sink.put(threading.current_thread().name)

    assert [name async for name in worker.stream(work)] == ["w"]
    assert await worker.call(lambda: threading.current_thread().name) == "w"
    assert await worker.aclose(lambda: None, 5)


async def test_what_work_raises_is_raised() -> None:
    worker = Worker("w", lambda: None)

    def work(sink: Sink[int]) -> None:
        sink.put(1)
        raise ValueError("boom")

    pieces = worker.stream(work)
    assert await anext(pieces) == 1
    with pytest.raises(ValueError, match="boom"):
        await anext(pieces)
    await worker.aclose(lambda: None, 5)


async def test_only_the_running_work_is_stopped() -> None:
    gate, begun, stops = threading.Event(), threading.Event(), []
    worker = Worker("w", lambda: stops.append(1))

    def work(sink: Sink[int]) -> None:
        begun.set()
        gate.wait(10)
        sink.put(1)

    async def read() -> list[int]:
        return [piece async for piece in worker.stream(work)]

    first, second = asyncio.create_task(read()), asyncio.create_task(read())
    await asyncio.to_thread(begun.wait, 10)
    second.cancel()
    await asyncio.wait({second})
    assert stops == []
    gate.set()
    assert await first == [1]
    assert stops == []
    await worker.aclose(lambda: None, 5)


async def test_a_second_look_at_a_stuck_thread_is_as_clear_as_the_first() -> None:
    gate, begun = threading.Event(), threading.Event()
    worker = Worker("w", lambda: None, Patience(piece=0.02, stop=0.02))

    def work(sink: Sink[int]) -> None:
        begun.set()
        gate.wait(10)

    for _ in range(2):
        with pytest.raises(FatalEngineError, match="did not stop"):
            await anext(worker.stream(work))
    assert not await worker.aclose(lambda: None, 0.02)
    gate.set()


def test_no_call_after_the_end() -> None:
    thread = DaemonThread("w")
    made = thread.submit(lambda: 7)
    thread.shutdown()
    assert made.result(0) == 7
    with pytest.raises(RuntimeError):
        thread.submit(lambda: 7)


def test_a_stuck_thread_does_not_keep_the_process_alive() -> None:
    code = (
        "import threading; from models.runtime.worker import DaemonThread;"
        "begun = threading.Event();"
        "DaemonThread('w').submit(lambda: (begun.set(), threading.Event().wait()));"
        "begun.wait(); print('bye')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=True)
    assert done.stdout == b"bye\n"
