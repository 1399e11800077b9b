"""The booth's pacer: when windows leave and lines start, alone and in a simulated booth."""

from __future__ import annotations

import asyncio
import math
import random
import time
from dataclasses import dataclass, field

import pytest
from livekit.plugins.pressbox.commentator import DropReason, Kind, Line, Lines, new_line

from agent.clock.delay import Delay, ReadyTimes
from agent.clock.display_clock import DisplayClock
from agent.clock.engine_load import MAX_LEVEL, RECENT, TIMELY_TO_RECOVER
from agent.clock.pacer import BoothPacer
from agent.clock.schedule import Schedule
from tests.support.virtual_time import run_virtual, virtual


@dataclass
class Table:
    """A schedule, and lines that a test puts into it. `now` is what the lines' clock says."""

    delay: float
    pause: float
    now: float = 100.0
    times: ReadyTimes = field(default_factory=ReadyTimes)

    def __post_init__(self) -> None:
        self.clock = DisplayClock(0.0)
        chosen = Delay(self.clock, self.times, chosen=self.delay, first=3.0, longest=30.0)
        self.schedule = Schedule(self.clock, chosen, self.pause)
        self.lines = self.schedule.lines = Lines(lambda: self.now)

    def ready(
        self, anchor: float, *, lasts: float | None = None, kind: Kind = "commentary"
    ) -> Line:
        line = new_line(kind, anchor=anchor, requested_at=anchor)
        self.lines.add(line)
        self.lines.move(line, "ready")
        if lasts is not None:
            line.audio_seconds = lasts
            self.lines.complete(line)
        return line

    def play(self, line: Line, at: float) -> None:
        self.now = at
        self.lines.move(line, "waiting")
        self.lines.move(line, "playing")

    def next(self, now: float, *ready: float) -> tuple[float, float]:
        return self.schedule.next_request(now, ReadyTimes(ready))


def test_the_next_window_waits_until_its_line_would_follow_the_last_one() -> None:
    table = Table(3.0, pause=1.0)
    first = table.ready(100.0)
    assert table.next(101.0)[0] == math.inf
    first.audio_seconds = 5.0
    table.lines.complete(first)
    # it plays from 103 to 108, the next line starts at 109, what is on display then is from 106
    assert table.next(101.0) == (106.0, 106.0)
    assert table.schedule.start(table.ready(106.0), 102.0) == 109.0


def test_a_line_that_would_have_to_wait_for_the_voice_is_late() -> None:
    table = Table(3.0, pause=0.0)
    answer = table.ready(90.0, lasts=10.0, kind="answer")
    table.play(answer, at=100.0)
    late = table.ready(105.0)
    assert table.schedule.is_late(late, 106.0)
    table.lines.drop(late, "late")
    assert not table.schedule.is_late(table.ready(107.5, lasts=1.0), 108.0)


def test_an_answer_starts_as_soon_as_it_can_and_does_not_wait_for_a_breath() -> None:
    table = Table(3.0, pause=1.0)
    first = table.ready(100.0, lasts=5.0)
    table.play(first, at=103.0)
    table.now = 104.0
    table.lines.drop(first, "interrupted")
    assert table.schedule.start(table.ready(104.0, kind="answer"), 104.0) == 104.0


def test_without_sync_a_line_starts_when_it_is_ready_and_is_never_late() -> None:
    table = Table(0.0, pause=1.0)
    line = table.ready(100.0, lasts=5.0)
    assert table.schedule.start(line, 104.0) == 104.0
    table.play(line, at=104.0)
    assert table.next(105.0, 1.5) == pytest.approx((108.5, 108.5))
    assert not table.schedule.is_late(table.ready(108.5), 130.0)


def test_after_a_slow_answer_the_slot_stays_and_the_anchor_lies_in_the_past() -> None:
    table = Table(3.0, pause=0.0)
    table.ready(100.0, lasts=2.0)
    # it plays from 103 to 105; what is on display then is from 102, but it is 102.8 already
    likely = ReadyTimes([2.3] * 60).likely
    assert likely is not None
    assert 2.3 < likely < 3.0
    assert table.next(102.8, *[1.0] * 60) == pytest.approx((102.8, 102.0))
    # the slot must move to where a slower engine's line is likely to be ready
    assert table.next(102.8, *[2.3] * 60) == pytest.approx((102.8, 102.8 + likely - 3.0))
    # and never further than the delay
    assert table.next(102.8, *[9.0] * 60) == pytest.approx((102.8, 102.8))


SIGMA2 = math.log(1 + 0.4**2)
MU = math.log(1.2) - SIGMA2 / 2
P98 = math.exp(MU + 2.054 * math.sqrt(SIGMA2))
"""Ready times are lognormal, mean 1.2 s, cv 0.4, as in the benchmark."""


class Simulation:
    """A booth's pacer with an engine and a player, on virtual time."""

    def __init__(self, seed: int, *, pause: float, speed: float, chosen: float | None = None):
        """`speed`: seconds of speech that the engine makes per second."""
        self.rng = random.Random(seed)
        self.speed = speed
        self.clock, self.times = DisplayClock(0.0), ReadyTimes()
        self.delay = Delay(self.clock, self.times, chosen=chosen, first=3.0, longest=12.0)
        self.delay.watched = self.delay.shown = True
        self.pacer = BoothPacer(self.clock, self.delay, self.times, pause=pause)
        self.lines = Lines(time.monotonic)
        self.pacer.attach(self.lines)
        self.errors: list[float] = []
        self.delays: list[float] = []
        self.gaps: list[float] = []

    async def run(self, count: int) -> None:
        playing = asyncio.create_task(self.play())
        for _ in range(count):
            await self.make()
        playing.cancel()
        await asyncio.wait({playing})

    async def make(self) -> None:
        wanted, now = await self.pacer.next_anchor(), time.monotonic()
        anchor = round(wanted, 1) if wanted < now else wanted
        line = new_line("commentary", anchor=anchor, requested_at=now)
        self.lines.add(line)
        await asyncio.sleep(self.rng.lognormvariate(MU, math.sqrt(SIGMA2)))
        self.lines.move(line, "ready")
        if self.pacer.is_late(line):
            self.lines.drop(line, "late")
            return
        duration = self.rng.uniform(2, 4)
        await asyncio.sleep(duration / self.speed)
        line.audio_seconds = duration
        self.lines.complete(line)
        while sum(one.state == "ready" for one in self.lines) > 1:
            await asyncio.sleep(0.02)

    async def play(self) -> None:
        ended = math.inf
        while True:
            line = next((one for one in self.lines if one.state == "ready"), None)
            if line is None:
                await asyncio.sleep(0.01)
                continue
            self.lines.move(line, "waiting")
            while (left := self.pacer.start_time(line) - time.monotonic()) > 0:
                await asyncio.sleep(min(left, 0.05))
            now = time.monotonic()
            self.lines.move(line, "playing")
            self.errors.append(abs(now - self.clock.display_time(line.anchor)))
            self.delays.append(self.clock.delay(now))
            self.gaps.append(now - ended)
            while line.length is None:
                await asyncio.sleep(0.01)
            await asyncio.sleep(now + line.length - time.monotonic())
            self.lines.move(line, "ended")
            ended = time.monotonic()


def simulated(seed: int, **more: float) -> Simulation:
    booths: list[Simulation] = []

    async def run() -> None:
        booths.append(Simulation(seed, **more))
        await booths[0].run(200)

    run_virtual(run())
    return booths[0]


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


@pytest.mark.parametrize(("pause", "speed"), [(0.0, 2.0), (0.0, 5.0), (1.0, 2.0)])
def test_simulated_booths_keep_lines_on_their_pictures(pause: float, speed: float) -> None:
    booths = [simulated(seed, pause=pause, speed=speed) for seed in range(2)]
    errors = [error for booth in booths for error in booth.errors]
    delays = [delay for booth in booths for delay in booth.delays[20:]]
    gaps = [gap - pause for booth in booths for gap in booth.gaps[20:]]
    assert sum(booth.pacer.late for booth in booths) / 400 < 0.04
    assert quantile(errors, 0.95) <= 0.1
    assert sum(delays) / len(delays) <= P98 + 0.5
    assert quantile(gaps, 0.95) <= 0.15


@pytest.mark.parametrize("delay", [5.0, 12.0, 30.0])
def test_a_long_chosen_delay_costs_no_silence(delay: float) -> None:
    booth = simulated(1, pause=0.0, speed=3.0, chosen=delay)
    assert booth.pacer.late < 6
    assert quantile(booth.gaps[5:], 0.95) <= 0.15
    assert quantile(booth.errors, 0.95) <= 0.1


@virtual
async def test_a_line_teaches_once_and_one_that_never_came_counts_as_slower_still() -> None:
    booth = Simulation(1, pause=0.0, speed=1.0)
    line = new_line("commentary", anchor=time.monotonic(), requested_at=time.monotonic())
    booth.lines.add(line)
    await asyncio.sleep(1.0)
    booth.lines.move(line, "ready")
    booth.lines.complete(line)
    assert booth.times.seconds == pytest.approx([1.0])
    booth.lines.drop(line, "late")
    never = new_line("commentary", anchor=time.monotonic(), requested_at=time.monotonic())
    booth.lines.add(never)
    await asyncio.sleep(2.0)
    booth.lines.drop(never, "late")
    assert booth.times.seconds == pytest.approx([1.0, 2.5])
    answer = new_line("answer", anchor=0.0, requested_at=0.0)
    booth.lines.add(answer)
    booth.lines.move(answer, "ready")
    assert len(booth.times) == 2


@virtual
@pytest.mark.parametrize("reason", ["empty", "repeat"])
async def test_an_engine_that_has_nothing_to_say_of_small_windows_gets_larger_ones_again(
    reason: DropReason,
) -> None:
    booth = Simulation(1, pause=0.0, speed=1.0)

    async def asked(reason: DropReason) -> None:
        line = new_line("commentary", anchor=time.monotonic(), requested_at=time.monotonic())
        booth.lines.add(line)
        await asyncio.sleep(0.1)
        booth.lines.drop(line, reason)

    for _ in range(RECENT * MAX_LEVEL):
        await asked("late")
    assert booth.pacer.frames_per_window(4) == 1
    for _ in range(TIMELY_TO_RECOVER * MAX_LEVEL):
        await asked(reason)
    assert booth.pacer.frames_per_window(4) == 4
    assert not booth.pacer.behind


@virtual
@pytest.mark.parametrize(
    ("trials", "learnt"),
    [((0.5, 0.5, 0.6), [0.5, 0.5, 0.6]), ((9.0, 0.5, 0.6, 0.4), [0.5, 0.6, 0.4])],
)
async def test_trials_are_wanted_until_enough_is_known(
    trials: tuple[float, ...], learnt: list[float]
) -> None:
    booth = Simulation(1, pause=0.0, speed=1.0)
    seen = booth.pacer.wants_trial
    booth.delay.watched = False
    wanted = []
    for seconds in trials:
        wanted.append(booth.pacer.wants_trial)
        booth.pacer.tried(seconds)
    assert (seen, all(wanted), booth.pacer.wants_trial) == (False, True, False)
    assert booth.times.seconds == pytest.approx(learnt)
    delay = booth.clock.delay(time.monotonic())
    assert delay == pytest.approx(booth.times.delay_needed, abs=0.02)
