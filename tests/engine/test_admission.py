"""Slots, deadlines and closing."""

from __future__ import annotations

import asyncio

import pytest

from models.admission import Admission
from models.errors import ApiError


async def held(admission: Admission, room: str, order: list[str], release: asyncio.Event) -> None:
    async with admission.slot(room, None):
        order.append(room)
        await release.wait()


async def test_slots_are_bounded_and_handed_on_in_turn() -> None:
    admission = Admission(1, 10, 10)
    release, order = asyncio.Event(), list[str]()
    async with admission.slot("x", None):
        tasks = [
            asyncio.create_task(held(admission, room, order, release)) for room in ("a", "a", "b")
        ]
        await asyncio.sleep(0)
        assert (admission.running, admission.waiting, order) == (1, 3, [])
        release.set()
    await asyncio.gather(*tasks)
    assert order == ["a", "b", "a"]
    assert (admission.running, admission.waiting) == (0, 0)


async def test_the_deadline_passes_while_waiting() -> None:
    admission = Admission(1, 10, 10)
    now = asyncio.get_running_loop().time()
    async with admission.slot("x", now - 1):  # a free slot is there at once: no wait, no deadline
        with pytest.raises(ApiError) as caught:
            async with admission.slot("a", now + 0.01):
                pytest.fail("there is no slot")
    assert (caught.value.status, caught.value.code) == (503, "deadline_exceeded")
    assert admission.waiting == 0
    async with admission.slot("a", None):
        assert admission.running == 1


async def test_a_cancelled_waiter_leaves_nothing_behind() -> None:
    admission = Admission(1, 10, 10)
    release, order = asyncio.Event(), list[str]()
    async with admission.slot("x", None):
        task = asyncio.create_task(held(admission, "a", order, release))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        assert admission.waiting == 0
    async with admission.slot("b", None):
        assert admission.running == 1


async def test_a_slot_handed_to_one_who_leaves_in_the_same_moment_is_not_lost() -> None:
    admission = Admission(1, 10, 10)
    release, order = asyncio.Event(), list[str]()
    async with admission.slot("x", None):
        leaver = asyncio.create_task(held(admission, "a", order, release))
        other = asyncio.create_task(held(admission, "b", order, release))
        await asyncio.sleep(0)
    leaver.cancel()  # its turn has come, but it has not run since
    release.set()
    await asyncio.wait({leaver, other}, timeout=5)
    assert leaver.cancelled()
    assert order == ["b"]


async def test_close_turns_waiters_and_newcomers_away() -> None:
    admission = Admission(1, 10, 10)
    release, order = asyncio.Event(), list[str]()
    async with admission.slot("x", None):
        task = asyncio.create_task(held(admission, "a", order, release))
        await asyncio.sleep(0)
        admission.close()
        with pytest.raises(ApiError, match="stopping"):
            await task
        with pytest.raises(ApiError) as caught:
            async with admission.slot("b", None):
                pytest.fail("it is closed")
    assert (caught.value.status, caught.value.code) == (503, "shutting_down")


def test_no_slots() -> None:
    with pytest.raises(ValueError, match="at least one slot"):
        Admission(0, 1, 1)
