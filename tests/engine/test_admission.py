"""Slots and the queue before them, apart from what the server's tests show."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest

from models.admission import Admission
from models.errors import ApiError
from models.fair_queue import FairQueue, QueueFullError


async def held(admission: Admission, room: str, order: list[str], release: asyncio.Event) -> None:
    async with admission.slot(room, None):
        order.append(room)
        await release.wait()


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


def drained(queue: FairQueue[str]) -> list[str]:
    return list(iter(queue.pop, None))


def test_limits() -> None:
    queue: FairQueue[str] = FairQueue(3, 2)
    queue.push("a", "a1")
    queue.push("a", "a2")
    with pytest.raises(QueueFullError, match="this room"):
        queue.push("a", "a3")
    queue.push("b", "b1")
    with pytest.raises(QueueFullError, match="queue is full"):
        queue.push("c", "c1")
    assert len(queue) == 3
    assert queue.remove("b", "b1")
    assert not queue.remove("b", "b1")
    assert drained(queue) == ["a1", "a2"]
    for limits in ((0, 1), (1, 0)):
        with pytest.raises(ValueError, match="at least one"):
            FairQueue(*limits)


@pytest.mark.parametrize("seed", range(5))
def test_nobody_waits_for_more_than_one_turn_of_each_other_room(seed: int) -> None:
    rng = random.Random(seed)
    queue: FairQueue[tuple[str, int]] = FairQueue(1000, 1000)
    waiting: Counter[str] = Counter()
    passed_over: dict[str, Counter[str]] = {}
    last_number: dict[str, int] = {}
    for number in range(400):
        if rng.random() < 0.55:
            room = rng.choice("aaaaaabbc")
            queue.push(room, (room, number))
            waiting[room] += 1
            passed_over.setdefault(room, Counter())
            continue
        item = queue.pop()
        if item is None:
            assert waiting.total() == 0
            continue
        served, order = item
        assert order > last_number.get(served, -1)
        last_number[served] = order
        waiting[served] -= 1
        passed_over.pop(served)
        if waiting[served]:
            passed_over[served] = Counter()
        for room, others in passed_over.items():
            if room != served:
                others[served] += 1
                assert others[served] <= 1
