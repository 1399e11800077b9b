"""The delay that ready times ask for."""

from __future__ import annotations

import math
import random

import pytest

from agent.clock.delay import MARGIN, ReadyTimes


def lognormal(rng: random.Random, mean: float, cv: float) -> float:
    sigma2 = math.log(1 + cv * cv)
    return rng.lognormvariate(math.log(mean) - sigma2 / 2, math.sqrt(sigma2))


def test_nothing_is_known_at_first() -> None:
    assert ReadyTimes().delay_needed() is None
    assert ReadyTimes().typical() == 0.0


@pytest.mark.parametrize("seed", range(10))
def test_about_two_lines_in_a_hundred_need_more(seed: int) -> None:
    rng = random.Random(seed)
    times = ReadyTimes()
    for _ in range(64):
        times.add(lognormal(rng, 1.2, 0.4))
    needed = times.delay_needed()
    assert needed is not None
    more = sum(lognormal(rng, 1.2, 0.4) > needed - MARGIN for _ in range(5000)) / 5000
    assert 0.0 < more < 0.06


def test_a_slower_engine_is_believed_after_a_few_lines() -> None:
    rng = random.Random(1)
    times = ReadyTimes()
    for _ in range(60):
        times.add(lognormal(rng, 0.5, 0.2))
    before = times.delay_needed()
    for _ in range(6):
        times.add(lognormal(rng, 3.0, 0.2))
    after = times.delay_needed()
    assert before is not None
    assert after is not None
    assert before < 1.3
    assert 3.0 < after < 6.0


def test_one_outlier_is_not_a_slower_engine() -> None:
    times = ReadyTimes()
    for _ in range(60):
        times.add(0.5)
    times.add(5.0)
    assert times.typical() == pytest.approx(0.5)
    needed = times.delay_needed()
    assert needed is not None
    assert needed < 2.0
