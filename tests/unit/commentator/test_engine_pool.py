"""Which engine gets a request: pure rules, with time as an argument."""

from __future__ import annotations

import random

import pytest

from agent.engine.pool import (
    DOWN_FIRST,
    DOWN_MAX,
    JITTER,
    LOAD_KEPT,
    EnginePool,
)


def pool(count: int = 3, last: int = 0) -> EnginePool:
    made = EnginePool(count, random.Random(1))
    made.last = last
    return made


def test_what_an_engine_says_counts_without_our_own_requests_and_not_for_ever() -> None:
    made = pool(2)
    made.started(0)
    made.seen(0, 3, now=10.0)
    assert made.seats[0].busy(10.0) == 3
    made.ended(0)
    assert made.seats[0].busy(10.0 + LOAD_KEPT) == 2
    assert made.order(10.0, urgent=True) == [1, 0]
    assert made.order(10.1 + LOAD_KEPT, urgent=True) == [0, 1]


@pytest.mark.parametrize(("mine", "other", "part"), [(4, 0, 0.5), (4, 2, 0.25), (1, 0, 0.5)])
def test_only_as_many_clients_move_as_make_the_loads_equal(
    mine: int, other: int, part: float
) -> None:
    moved = 0
    for seed in range(2000):
        made = EnginePool(2, random.Random(seed))
        made.last = 0
        made.seen(0, mine, now=0.0)
        made.seen(1, other, now=0.0)
        assert made.order(0.0, urgent=True) == [1, 0]
        moved += made.order(0.0) == [1, 0]
    assert abs(moved / 2000 - part) < 0.05


def test_the_longer_an_engine_is_away_the_rarer_it_is_looked_at() -> None:
    made, waits = pool(1), []
    for _ in range(8):
        made.failed(0, now=100.0)
        waits.append(made.seats[0].look_after - 100.0)
    assert DOWN_FIRST * (1 - JITTER) <= waits[0] <= DOWN_FIRST
    assert waits[1] > waits[0]
    assert DOWN_MAX * (1 - JITTER) <= waits[-1] <= DOWN_MAX


def test_clients_that_fail_together_do_not_come_back_together() -> None:
    looks = set()
    for seed in range(20):
        made = EnginePool(1, random.Random(seed))
        made.failed(0, now=0.0)
        looks.add(round(made.seats[0].look_after, 3))
    assert len(looks) > 10
