"""The delay that ready times ask for, and the way there."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from agent.clock.delay import MARGIN, MIN_DELAY, Delay, ReadyTimes
from agent.clock.display_clock import DisplayClock
from agent.clock.remembered import RememberedTimes


def lognormal(rng: random.Random, mean: float, cv: float) -> float:
    sigma2 = math.log(1 + cv * cv)
    return rng.lognormvariate(math.log(mean) - sigma2 / 2, math.sqrt(sigma2))


def needed(times: ReadyTimes) -> float:
    assert times.delay_needed is not None
    return times.delay_needed


@pytest.mark.parametrize("seed", range(4))
def test_about_two_lines_in_a_hundred_need_more(seed: int) -> None:
    rng = random.Random(seed)
    times = ReadyTimes(lognormal(rng, 1.2, 0.4) for _ in range(64))
    late = needed(times) - MARGIN
    more = sum(lognormal(rng, 1.2, 0.4) > late for _ in range(5000)) / 5000
    assert 0.0 < more < 0.06


def test_a_slower_engine_is_believed_after_a_few_lines() -> None:
    rng = random.Random(1)
    times = ReadyTimes(lognormal(rng, 0.5, 0.2) for _ in range(60))
    assert needed(times) < 1.3
    for _ in range(6):
        times.add(lognormal(rng, 3.0, 0.2))
    assert 3.0 < needed(times) < 6.0


def test_one_outlier_is_not_a_slower_engine() -> None:
    times = ReadyTimes([0.5] * 60)
    times.add(5.0)
    assert times.typical == pytest.approx(0.5)
    assert needed(times) < 2.0


def controlled(
    known: list[float], *, chosen: float | None = None, first: float = 3.0
) -> tuple[DisplayClock, ReadyTimes, Delay, list[float]]:
    clock, times, jumps = DisplayClock(0.0), ReadyTimes(known), list[float]()
    delay = Delay(
        clock,
        times,
        chosen=chosen,
        first=first,
        longest=12.0,
        on_jump=lambda: jumps.append(clock.target),
    )
    return clock, times, delay, jumps


def test_a_first_delay_of_nothing_still_finds_its_way() -> None:
    clock, times, delay, _ = controlled([], first=0.0)
    assert delay.in_sync
    assert clock.delay(0.0) == MIN_DELAY
    times.add(1.0)
    delay.watched = delay.shown = True
    delay.steer(10.0)
    assert clock.target == times.delay_needed


def test_it_jumps_where_nobody_sees_it_and_slews_where_somebody_does() -> None:
    clock, times, delay, jumps = controlled([])
    times.add(0.5)
    delay.steer(10.0)
    assert clock.delay(10.0) == times.delay_needed
    assert jumps == [times.delay_needed]
    delay.watched = delay.shown = True
    for _ in range(30):
        times.add(2.0)
    before = clock.delay(20.0)
    delay.steer(20.0)
    assert clock.delay(20.0) == before
    assert before < clock.delay(21.0) <= before + 0.05 + 1e-9
    assert clock.target == times.delay_needed


def test_what_a_person_chose_is_taken_at_once_and_left_alone() -> None:
    clock, times, delay, _ = controlled([0.5] * 20)
    delay.watched = delay.shown = True
    delay.choose(8.0, first=3.0, longest=12.0, now=50.0)
    assert clock.delay(50.0) == 8.0
    delay.steer(60.0)
    assert clock.target == 8.0
    in_sync = []
    for now, chosen in ((70.0, 0.0), (80.0, None)):
        delay.choose(chosen, first=3.0, longest=12.0, now=now)
        in_sync.append(delay.in_sync)
    assert in_sync == [False, True]
    assert clock.delay(80.0) == times.delay_needed


def test_an_engine_is_remembered_over_restarts(tmp_path: Path) -> None:
    RememberedTimes(tmp_path, "a").save([0.5, 0.6])
    RememberedTimes(tmp_path, "b").save([2.0])
    assert RememberedTimes(tmp_path, "a").load() == [0.5, 0.6]
    assert RememberedTimes(tmp_path, "b").load() == [2.0]
    assert RememberedTimes(tmp_path, "c").load() == []


@pytest.mark.parametrize(
    "garbage", ["", "[]", "{", '{"a": 1}', '{"a": [-1]}', '{"a": ["1"]}', '{"a": [true]}', "\0"]
)
def test_a_damaged_memory_is_none_and_can_be_written_again(tmp_path: Path, garbage: str) -> None:
    (tmp_path / "ready_times.json").write_text(garbage)
    remembered = RememberedTimes(tmp_path, "a")
    assert remembered.load() == []
    remembered.save([0.7])
    assert remembered.load() == [0.7]
