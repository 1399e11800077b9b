from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from ingress.reader.timeline import JUMP, PATIENCE, STEP, Timeline

FPS = 30.0
Pictures = list[tuple[float | None, float]]
"""Timestamp and arrival."""


def place(pictures: Pictures, line: Timeline | None = None) -> list[float]:
    """Their times; checked to increase and to be none of the future."""
    line = line or Timeline()
    times = [line.place(pts, arrived) for pts, arrived in pictures]
    assert all(after > before for before, after in pairwise(times))
    return times


def live(
    seconds: float,
    *,
    begin: float = 100.0,
    pts: float = 5000.0,
    jitter: float = 0.0,
    speed: float = 1.0,
    seed: int = 1,
) -> Pictures:
    """A camera whose clock runs at `speed`; held up on the way by up to `jitter` seconds."""
    chance = random.Random(seed)
    found: Pictures = []
    last = 0.0
    for number in range(round(seconds * FPS)):
        last = max(last, begin + number / FPS + chance.random() * jitter)
        found.append((pts + number / FPS * speed, last))
    return found


def late(pictures: Pictures, times: list[float]) -> list[float]:
    return [arrived - time for (_, arrived), time in zip(pictures, times, strict=True)]


def test_jitter_of_the_network_does_not_get_into_the_times() -> None:
    pictures = live(120, jitter=0.15)
    times = place(pictures)
    steps = [after - before for before, after in pairwise(times[300:])]
    assert max(abs(step - 1 / FPS) for step in steps) < 0.02
    assert min(late(pictures, times)[300:]) >= -1e-9
    assert max(late(pictures, times)[300:]) < 0.17


@pytest.mark.parametrize("drift", [-200e-6, 200e-6, -1e-3, 1e-3])
def test_an_hour_of_drift_is_followed(drift: float) -> None:
    pictures = live(3600, jitter=0.03, speed=1 + drift)
    times = place(pictures)
    assert min(late(pictures, times)) >= -1e-6
    assert max(late(pictures, times)) < 0.05
    steps = [after - before for before, after in pairwise(times[300:])]
    assert max(steps) < 0.06


@pytest.mark.parametrize("jump", [1.5, 3600.0, -1.5, -0.4, -3600.0, -(2**33) / 90_000])
def test_after_a_jump_of_the_sources_clock_it_goes_on_at_once(jump: float) -> None:
    before, after = live(20, jitter=0.02), live(20, begin=120.0, pts=5020.0 + jump, seed=2)
    pictures = before + after
    times = place(pictures)
    assert max(late(pictures, times)) < (0.45 if abs(jump) < 1 else 0.05)
    assert min(late(pictures, times)) > -0.005
    assert max(after - before for before, after in pairwise(times)) < 0.5


def test_without_timestamps_the_arrival_counts() -> None:
    arrivals = [arrived for _, arrived in live(10, jitter=0.1)]
    times = place([(None, arrived) for arrived in arrivals])
    assert times == pytest.approx(arrivals, abs=0.01)
    line = Timeline()
    same = place([(77.0, arrived) for arrived in arrivals], line)
    assert same == pytest.approx(arrivals, abs=0.01)
    assert line.at(77.0, arrivals[-1]) == arrivals[-1], "nor do they place the sound"


def test_a_burst_at_the_start_does_not_put_later_pictures_off() -> None:
    burst: Pictures = [(10 + n / FPS, 50.0 + n * 1e-4) for n in range(60)]
    pictures = burst + live(30, begin=50.03, pts=12.0)
    times = place(pictures)
    assert times[59] - 50 < 60 * STEP
    assert max(abs(one) for one in late(pictures, times)[90:]) < 0.005


def test_what_a_stall_held_up_is_shown_as_late_and_then_all_is_as_before() -> None:
    line = Timeline()
    place(live(10), line)
    held: Pictures = [(5010 + n / FPS, 115.0 + n * 1e-3) for n in range(150)]
    lags = late(held, place(held, line))
    assert lags[0] == pytest.approx(JUMP, abs=0.1)
    assert lags[-1] < 0.2
    after = live(10, begin=115.1, pts=5015.1)
    assert max(late(after, place(after, line))) < 0.05


def test_a_source_that_stood_still_and_goes_on_where_it_was_is_on_time_again() -> None:
    line = Timeline()
    place(live(10), line)
    after = live(10, begin=140.0, pts=5010.0)
    times = place(after, line)
    settled = round((PATIENCE + 0.2) * FPS)
    assert max(late(after, times)) <= JUMP + 1e-9
    assert max(late(after, times)[settled:]) < 0.01


@pytest.mark.parametrize("speed", [0.5, 0.8, 2.0, 10.0])
def test_timestamps_of_another_speed_do_not_count_for_long(speed: float) -> None:
    pictures = live(120, speed=speed)
    times = place(pictures)
    assert max(late(pictures, times)) <= JUMP + 1e-9
    assert max(late(pictures, times)[-600:]) < 0.01


def test_sound_lies_on_the_line_of_the_pictures() -> None:
    line = Timeline()
    assert line.at(5000.0, 99.0) == 99.0
    place(live(10, jitter=0.05), line)
    assert line.at(5009.5, 109.6) == pytest.approx(109.5, abs=0.02)
    assert line.at(None, 109.6) == 109.6
    assert line.at(17.0, 109.6) == 109.6, "a clock of its own says nothing"


def wander(chance: random.Random) -> Callable[[], tuple[float | None, float]]:
    """A source that does whatever it likes."""
    state = {"pts": chance.uniform(-1e5, 1e6), "arrived": chance.uniform(0, 1e6)}

    def step() -> tuple[float | None, float]:
        state["arrived"] += chance.choice([0.0, 1e-4, 0.033, 0.033, 0.033, 0.5, 4.0])
        state["pts"] += chance.choice([0.0, 0.033, 0.033, 0.033, -0.04, 0.5, 3.0, -3.0, -95443.7])
        return (None if chance.random() < 0.1 else state["pts"]), state["arrived"]

    return step


def test_whatever_comes_the_times_increase_and_stay_near_the_arrivals() -> None:
    for seed in range(60):
        step, line = wander(random.Random(seed)), Timeline()
        last, burst = float("-inf"), 0
        arrived_before = 0.0
        for _ in range(300):
            pts, arrived = step()
            burst = burst + 1 if arrived - arrived_before < STEP else max(0, burst - 30)
            arrived_before = arrived
            time = line.place(pts, arrived)
            assert time > last
            assert arrived - JUMP - 1e-6 <= time <= arrived + (burst + 2) * STEP
            last = time
