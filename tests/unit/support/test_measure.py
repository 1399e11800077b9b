from __future__ import annotations

import numpy as np
import pytest

from tests.bench.baseline_ema import ALPHA, FIRST_DELAY, Cycle, simulate
from tests.support.burnt_clock import Burnt
from tests.support.engine_script import Lognormal
from tests.support.measure import drift, heard_lines, picture_report, silences, stamp_errors
from tests.support.onsets import Burst
from tests.support.records import LineMessage, SeenFrame
from tests.support.tones import named_tone_hz

OFFSET = 1_700_000_000.0


def frame(number: int, received: float, capture: float, burnt: int | None = None) -> SeenFrame:
    said = Burnt(number if burnt is None else burnt, capture - 0.03)
    return SeenFrame(received, round((capture + OFFSET) * 1e6), number, 1280, 720, said)


def message(number: int, phase: str, received: float, capture: float) -> LineMessage:
    text = f"This is line {number}." if phase == "end" else "This"
    return LineMessage(
        received, f"id{number}", "commentary", phase, text, capture + OFFSET, 0.0, True, None
    )


def burst(number: int, start: float, length: float = 1.0) -> Burst:
    return Burst(start, start + length, named_tone_hz(number))


def test_sync_is_what_was_seen_minus_what_was_heard() -> None:
    frames = [frame(i, 103 + i / 30, 100 + i / 30) for i in range(200)]
    lines = [
        message(4, "start", 104.0, 101.0),
        message(4, "end", 105.0, 101.0),
        message(5, "start", 105.1, 102.0),
        message(5, "end", 106.1, 102.0),
    ]
    bursts = [burst(4, 103.95), burst(5, 105.05), burst(4 + 16, 130)]
    found = heard_lines(lines, bursts, frames)
    assert [line.number for line in found] == [4, 5]
    assert [line.sync for line in found] == pytest.approx([0.05, -0.05], abs=1e-6)
    assert silences(found) == pytest.approx([0.1])


def test_a_line_whose_frame_was_lost_or_that_was_not_heard_is_not_made_up() -> None:
    lines = [
        message(1, "start", 104, 101.01),
        message(2, "start", 106, 103),
        message(2, "end", 107, 103),
    ]
    lines.append(message(1, "end", 105, 101.01))
    found = heard_lines(lines, [burst(1, 104)], [frame(0, 104, 101.0)])
    assert [(line.number, line.sync) for line in found] == [(1, None)]


def test_report_on_a_perfect_picture() -> None:
    frames = [frame(i, 105 + i / 30, 100 + i / 30) for i in range(300)]
    report = picture_report(frames)
    assert (report.frames, report.out_of_order, report.missing, report.wrong_burnt) == (
        300,
        0,
        0,
        0,
    )
    assert report.jitter < 1e-4
    assert stamp_errors(frames, OFFSET) == pytest.approx([0.03] * 300, abs=1e-5)


def test_report_sees_what_is_wrong() -> None:
    frames = [frame(i, 105 + i / 30, 100 + i / 30) for i in range(100)]
    frames[20] = frame(20, 105.667, 100.8)
    frames[40] = frame(40, 106.333, 101.333, burnt=7)
    frames[60] = SeenFrame(107.0, None, None, 1280, 720, None)
    del frames[80]
    report = picture_report(frames)
    assert report.out_of_order == 1
    assert report.wrong_burnt == 1
    assert report.without_metadata == 1
    assert report.missing == 2
    assert report.longest_gap == pytest.approx(2 / 30, abs=0.001)


def test_drift_is_a_slope_that_outliers_do_not_bend() -> None:
    times = np.arange(0, 600, 4.0)
    values = 0.05 + times * 1e-4
    values[::10] += 3
    assert drift(list(times), list(values)) == pytest.approx(1e-4, rel=0.05)
    assert drift([1.0], [2.0]) == 0


def test_moving_average_follows_the_whole_cycle_and_so_misses_the_first_sound() -> None:
    steady = simulate([Cycle(ready=1.2, speech=2.5, speed=2.5)] * 60)
    assert steady.delays[0] == pytest.approx((1 - ALPHA) * FIRST_DELAY + ALPHA * 2.2)
    assert steady.delays[-1] == pytest.approx(2.2, abs=0.001)
    assert steady.sync[0] == pytest.approx(steady.delays[0] - 1.2)
    assert steady.sync[-1] == pytest.approx(1.0, abs=0.01)
    assert steady.silences == pytest.approx([1.2] * 59)


def test_ready_times_of_the_bench_have_the_mean_and_the_variation_that_are_published() -> None:
    script = Lognormal(1.2, 0.4, seed=5, speech=2.5, spread=1, speed=5)
    answers = [script(number, "commentary") for number in range(4000)]
    ready = [answer.ready for answer in answers]
    assert np.mean(ready) == pytest.approx(1.2, rel=0.03)
    assert np.std(ready) / np.mean(ready) == pytest.approx(0.4, rel=0.06)
    assert script(7, "commentary") == answers[7]
    assert {1.5 <= answer.speech <= 3.5 for answer in answers} == {True}
