"""Slots and the queue before them, apart from what the server's tests show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from models.admission import Admission
from models.errors import ApiError


class Crowd:
    """Those who want the only slot, which is taken until `leave`."""

    def __init__(self) -> None:
        self.admission = Admission(1, 12, 6)
        self.order = ""
        self.leave = AsyncExitStack()

    async def come(self, rooms: str) -> list[asyncio.Task[None]]:
        """One for each letter, in this order."""
        tasks = [asyncio.create_task(self._held(room)) for room in rooms]
        await asyncio.sleep(0)
        return tasks

    async def _held(self, room: str) -> None:
        async with self.admission.slot(room, None):
            self.order += room


@pytest_asyncio.fixture
async def crowd() -> AsyncIterator[Crowd]:
    crowd = Crowd()
    await crowd.leave.enter_async_context(crowd.admission.slot("x", None))
    yield crowd
    await crowd.leave.aclose()


async def test_rooms_in_turn_and_each_in_its_order(crowd: Crowd) -> None:
    tasks = await crowd.come("aaaabbac")
    await crowd.leave.aclose()
    await asyncio.gather(*tasks)
    assert crowd.order == "abcabaaa"
    assert (crowd.admission.running, crowd.admission.waiting) == (0, 0)


@pytest.mark.parametrize(("rooms", "said"), [("a" * 7, "this room"), ("abcde" * 3, "queue is")])
async def test_who_finds_no_place_is_told(crowd: Crowd, rooms: str, said: str) -> None:
    tasks = await crowd.come(rooms)
    refused = [task.exception() for task in tasks if task.done()]
    assert len(refused) == max(1, len(rooms) - 12)
    assert said in str(refused[0])
    await crowd.leave.aclose()
    await asyncio.wait(tasks)
    assert len(crowd.order) == len(rooms) - len(refused)


async def test_close_turns_waiters_and_newcomers_away(crowd: Crowd) -> None:
    (task,) = await crowd.come("a")
    crowd.admission.close()
    with pytest.raises(ApiError, match="stopping"):
        await task
    with pytest.raises(ApiError) as caught:
        async with crowd.admission.slot("b", None):
            pytest.fail("it is closed")
    assert (caught.value.status, caught.value.code) == (503, "shutting_down")


async def test_a_slot_handed_to_one_who_leaves_in_the_same_moment_is_not_lost(crowd: Crowd) -> None:
    leaver, other = await crowd.come("ab")
    await crowd.leave.aclose()
    leaver.cancel()  # its turn has come, but it has not run since
    await asyncio.wait({leaver, other}, timeout=5)
    assert leaver.cancelled()
    assert crowd.order == "b"
