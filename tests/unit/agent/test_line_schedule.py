"""The timetable of the voice, alone and in a simulated booth."""

from __future__ import annotations

import math
import random

import pytest

from agent.clock.booth_pacer import LOWER_STEP, RAISE_STEP
from agent.clock.delay import ReadyTimes
from agent.clock.display_clock import DisplayClock
from agent.clock.schedule import LATE, SPARE, LineSchedule


def known(*ready: float) -> ReadyTimes:
    """Ready times as if these had been measured."""
    times = ReadyTimes()
    for one in ready:
        times.add(one)
    return times


def test_the_first_window_leaves_at_once_and_its_line_starts_a_delay_later() -> None:
    schedule = LineSchedule(DisplayClock(3.0), pause=1.0)
    assert schedule.next_request(100.0, known()) == (100.0, 100.0)
    schedule.plan("a", 100.0)
    assert schedule.start("a", 101.0) == 103.0


def test_the_next_window_waits_until_its_line_would_follow_the_last_one() -> None:
    schedule = LineSchedule(DisplayClock(3.0), pause=1.0)
    schedule.plan("a", 100.0)
    assert schedule.next_request(101.0, known())[0] == math.inf
    schedule.set_duration("a", 5.0)
    # a plays from 103 to 108, the next line starts at 109, what is on display then is from 106
    assert schedule.next_request(101.0, known()) == (106.0, 106.0)
    schedule.plan("b", 106.0)
    assert schedule.start("b", 107.0) == 109.0


def test_a_line_that_is_ready_too_late_is_late() -> None:
    schedule = LineSchedule(DisplayClock(3.0), pause=0.0)
    assert not schedule.is_late(100.0, 103.0)
    assert not schedule.is_late(100.0, 103.0 + LATE - 0.01)
    assert schedule.is_late(100.0, 103.0 + LATE + 0.01)


def test_a_line_that_would_have_to_wait_for_the_voice_is_late() -> None:
    schedule = LineSchedule(DisplayClock(3.0), pause=0.0)
    schedule.plan("a", None)
    schedule.set_started("a", 100.0)
    schedule.set_duration("a", 10.0)
    assert schedule.is_late(105.0, 106.0)
    assert not schedule.is_late(107.0, 108.0)


def test_an_answer_starts_as_soon_as_it_can() -> None:
    schedule = LineSchedule(DisplayClock(3.0), pause=1.0)
    schedule.plan("a", None)
    assert schedule.start("a", 100.0) == 100.0


def test_an_interruption_frees_the_voice() -> None:
    schedule = LineSchedule(DisplayClock(3.0), pause=1.0)
    schedule.plan("a", 100.0)
    schedule.set_started("a", 103.0)
    schedule.remove("a", 104.0)
    schedule.plan("q", None)
    assert schedule.start("q", 104.0) == 104.0, "an answer does not wait for a breath"


def test_a_line_that_never_started_leaves_no_trace() -> None:
    schedule = LineSchedule(DisplayClock(3.0), pause=1.0)
    schedule.plan("a", 100.0)
    schedule.set_duration("a", 5.0)
    schedule.remove("a", 102.0)
    assert schedule.next_request(102.0, known()) == (102.0, 102.0)


def test_without_sync_a_line_starts_when_it_is_ready_and_is_never_late() -> None:
    schedule = LineSchedule(DisplayClock(0.0), pause=1.0)
    schedule.plan("a", 100.0)
    assert schedule.start("a", 104.0) == 104.0
    schedule.set_started("a", 104.0)
    schedule.set_duration("a", 5.0)
    leave, anchor = schedule.next_request(105.0, known(1.5))
    assert (leave, anchor) == pytest.approx((108.5, 108.5))
    assert not schedule.is_late(108.5, 130.0)


def test_lines_that_nobody_ended_are_forgotten() -> None:
    schedule = LineSchedule(DisplayClock(3.0), pause=0.0)
    for number in range(50):
        schedule.plan(f"line {number}", 100.0 + number)
        schedule.set_duration(f"line {number}", 0.5)
    assert schedule.start("line 0", 7.0) == 7.0
    assert schedule.next_request(100.0, known())[0] < 153.0


def test_after_a_slow_answer_the_slot_stays_and_the_anchor_lies_in_the_past() -> None:
    schedule = LineSchedule(DisplayClock(3.0), pause=0.0)
    schedule.plan("a", 100.0)
    schedule.set_duration("a", 2.0)
    # a plays from 103 to 105; what is on display then is from 102, but it is 102.8 already
    quick, slow, hopeless = known(*[1.0] * 60), known(*[2.3] * 60), known(*[9.0] * 60)
    likely = slow.likely()
    assert likely is not None
    assert 2.3 < likely < 3.0
    assert schedule.next_request(102.8, quick) == pytest.approx((102.8, 102.0))
    # the slot must move to where a slower engine's line is likely to be ready
    assert schedule.next_request(102.8, slow) == pytest.approx((102.8, 102.8 + likely - 3.0))
    # and never further than the delay
    assert schedule.next_request(102.8, hopeless) == pytest.approx((102.8, 102.8))


def test_with_a_longer_delay_than_needed_the_request_waits_and_the_anchor_is_old() -> None:
    times = known(*[1.0] * 10)
    needed = times.delay_needed()
    assert needed is not None
    schedule = LineSchedule(DisplayClock(30.0), pause=0.0)
    schedule.plan("a", 80.0)
    schedule.set_duration("a", 5.0)
    # a plays from 110 to 115, when 85 is on display
    leave, anchor = schedule.next_request(100.0, times)
    assert leave == pytest.approx(115.0 - needed - SPARE)
    assert anchor == pytest.approx(85.0)


class Simulation:
    """A booth in virtual time: lognormal ready times, mean 1.2 s, cv 0.4, as in the benchmark."""

    def __init__(self, seed: int, *, pause: float, speed: float, fixed: float = 0.0) -> None:
        """`speed`: seconds of speech that the engine makes per second; `fixed`: a chosen delay."""
        self.rng = random.Random(seed)
        self.fixed = fixed
        self.clock = DisplayClock(fixed or 3.0)
        self.schedule = LineSchedule(self.clock, pause)
        self.times = ReadyTimes()
        self.speed = speed
        self.late = 0
        self.errors: list[float] = []
        self.delays: list[float] = []
        self.gaps: list[float] = []
        self.last_end = math.inf
        self.now = 1000.0

    SIGMA2 = math.log(1 + 0.4**2)
    MU = math.log(1.2) - SIGMA2 / 2
    P98 = math.exp(MU + 2.054 * math.sqrt(SIGMA2))

    def line(self, number: str) -> None:
        needed = self.times.delay_needed() or self.clock.target
        if self.fixed:
            needed = self.clock.target
        if needed > self.clock.target + RAISE_STEP or needed < self.clock.target - LOWER_STEP:
            self.clock.slew_to(needed, self.now)
        asked, wanted = self.schedule.next_request(self.now, self.times)
        anchor = round(wanted, 1) if wanted < asked else wanted
        ready = asked + self.rng.lognormvariate(self.MU, math.sqrt(self.SIGMA2))
        self.times.add(ready - asked)
        self.now = ready
        if self.schedule.is_late(anchor, ready):
            self.late += 1
            return
        duration = self.rng.uniform(2, 4)
        self.schedule.plan(number, anchor)
        self.now = ready + duration / self.speed
        self.schedule.set_duration(number, duration)
        start = self.schedule.start(number, ready)
        self.errors.append(abs(start - self.clock.display_time(anchor)))
        self.delays.append(self.clock.delay(ready))
        self.gaps.append(start - self.last_end)
        self.last_end = start + duration


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


@pytest.mark.parametrize(("pause", "speed"), [(0.0, 2.0), (0.0, 5.0), (1.0, 2.0)])
def test_simulated_booths_keep_lines_on_their_pictures(pause: float, speed: float) -> None:
    booths = [Simulation(seed, pause=pause, speed=speed) for seed in range(10)]
    for booth in booths:
        for number in range(200):
            booth.line(str(number))
    late = sum(booth.late for booth in booths)
    errors = [error for booth in booths for error in booth.errors]
    delays = [delay for booth in booths for delay in booth.delays[20:]]
    gaps = [gap - pause for booth in booths for gap in booth.gaps[20:]]
    assert late / 2000 < 0.04
    assert quantile(errors, 0.95) <= 0.1
    assert sum(delays) / len(delays) <= Simulation.P98 + 0.5
    assert quantile(gaps, 0.95) <= 0.15


@pytest.mark.parametrize("delay", [5.0, 12.0, 30.0])
def test_a_long_chosen_delay_costs_no_silence(delay: float) -> None:
    booth = Simulation(1, pause=0.0, speed=3.0, fixed=delay)
    for number in range(200):
        booth.line(str(number))
    assert booth.late < 6
    assert quantile(booth.gaps[5:], 0.95) <= 0.15
    assert quantile(booth.errors, 0.95) <= 0.1
