from __future__ import annotations

import asyncio
import threading
import time

import pytest

from tests.support.virtual_time import (
    START,
    VirtualTimeError,
    run_virtual,
    virtual,
)


@virtual
async def test_an_hour_passes_on_every_clock_of_the_code() -> None:
    unix = time.time()
    await asyncio.sleep(3600)
    assert asyncio.get_running_loop().time() == time.monotonic() == START + 3600
    assert time.time() == pytest.approx(unix + 3600)


@virtual
async def test_the_clock_stands_while_a_thread_works() -> None:
    release = threading.Event()
    work = asyncio.ensure_future(asyncio.to_thread(release.wait, 20))
    ticks = asyncio.create_task(asyncio.sleep(0.001))
    asyncio.get_running_loop().call_soon(release.set)
    assert await work
    assert time.monotonic() == START
    await ticks


@virtual
async def test_a_cancelled_wait_for_a_thread_still_holds_the_clock() -> None:
    begun, release = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        release.wait(20)

    waiting = asyncio.ensure_future(asyncio.to_thread(work))
    await asyncio.sleep(0)
    begun.wait(20)
    waiting.cancel()
    await asyncio.wait([waiting])
    threading.Timer(0.05, release.set).start()
    await asyncio.sleep(1)
    assert release.is_set()


def test_waiting_for_ever_says_where() -> None:
    async def stuck() -> None:
        await asyncio.Event().wait()

    with pytest.raises(VirtualTimeError, match="stuck"):
        run_virtual(stuck())


def test_a_task_left_running_fails() -> None:
    async def leave() -> None:
        leave.task = asyncio.create_task(asyncio.sleep(99), name="left")  # type: ignore[attr-defined]

    with pytest.raises(pytest.fail.Exception, match="left"):
        run_virtual(leave())


def test_a_callback_that_fails_fails_the_test() -> None:
    async def call() -> None:
        asyncio.get_running_loop().call_later(1, int, "no number")
        await asyncio.sleep(2)

    with pytest.raises(pytest.fail.Exception, match="no number"):
        run_virtual(call())
