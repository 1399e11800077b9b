"""Laws of the display clock, over random plans."""

from __future__ import annotations

import random

import pytest

from agent.clock.display_clock import SLEW, DisplayClock


def random_plan(seed: int) -> tuple[DisplayClock, float]:
    """A clock in the middle of a random slew, and the time at which its target was last moved."""
    rng = random.Random(seed)
    now = rng.uniform(10, 1000)
    clock = DisplayClock(rng.uniform(0, 10))
    for _ in range(rng.randint(1, 5)):
        now += rng.uniform(0, 30)
        clock.slew_to(rng.uniform(0, 10), now)
    return clock, now


@pytest.mark.parametrize("seed", range(12))
def test_display_time_is_the_inverse_of_displayed(seed: int) -> None:
    clock, changed = random_plan(seed)
    for step in range(200):
        moment = changed + step * 0.37
        assert clock.display_time(clock.displayed(moment)) == pytest.approx(moment, abs=1e-6)


@pytest.mark.parametrize("seed", range(12))
def test_the_picture_never_jumps_nor_runs_backwards(seed: int) -> None:
    clock, now = random_plan(seed)
    rng = random.Random(seed)
    shown = clock.displayed(now)
    for _ in range(300):
        step = rng.uniform(0.001, 0.2)
        if rng.random() < 0.05:
            clock.slew_to(rng.uniform(0, 10), now)
        now += step
        moved = clock.displayed(now) - shown
        assert step * (1 - SLEW) - 1e-9 <= moved <= step * (1 + SLEW) + 1e-9
        shown = clock.displayed(now)


def test_the_delay_reaches_its_target_and_stays() -> None:
    clock = DisplayClock(5.0)
    clock.slew_to(3.0, 100.0)
    assert clock.delay(100.0) == 5.0
    assert clock.delay(120.0) == pytest.approx(4.0)
    assert clock.delay(140.0) == clock.delay(1e6) == 3.0
