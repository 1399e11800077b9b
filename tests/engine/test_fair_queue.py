"""The queue before the engine."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from models.fair_queue import FairQueue, QueueFullError


def drained(queue: FairQueue[str]) -> list[str]:
    return list(iter(queue.pop, None))


def test_rooms_take_turns_whatever_the_order_of_arrival() -> None:
    queue: FairQueue[str] = FairQueue(20, 10)
    for item in ("a1", "a2", "a3", "a4", "b1", "b2", "c1"):
        queue.push(item[0], item)
    assert drained(queue) == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]
    assert len(queue) == 0


def test_a_room_that_was_served_goes_behind() -> None:
    queue: FairQueue[str] = FairQueue(20, 10)
    queue.push("a", "a1")
    queue.push("a", "a2")
    assert queue.pop() == "a1"
    queue.push("b", "b1")
    queue.push("a", "a3")
    assert drained(queue) == ["a2", "b1", "a3"]


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
    for limits in ((0, 1), (1, 0)):
        with pytest.raises(ValueError, match="at least one"):
            FairQueue(*limits)


def test_remove() -> None:
    queue: FairQueue[str] = FairQueue(5, 5)
    queue.push("a", "a1")
    assert queue.remove("a", "a1")
    assert not queue.remove("a", "a1")
    assert not queue.remove("b", "b1")
    assert queue.pop() is None
    assert len(queue) == 0


@pytest.mark.parametrize("seed", range(20))
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
