from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.onsets import Burst, BurstDetector
from tests.support.sample_clock import SampleClock
from tests.support.tones import NAMES, named_tone_hz, number_of_tone, tone

RATE = 48_000


def bursts_of(samples: NDArray[np.int16], piece: int = 480) -> list[Burst]:
    detector = BurstDetector(RATE)
    found: list[Burst] = []
    for begin in range(0, len(samples), piece):
        found += detector.push(samples[begin : begin + piece], 100 + begin / RATE)
    return found + detector.flush()


def pattern(*bursts: tuple[float, float, float], seconds: float) -> NDArray[np.int16]:
    samples = np.zeros(round(seconds * RATE), np.int16)
    for start, duration, hz in bursts:
        sound = tone(duration, hz, RATE)
        begin = round(start * RATE)
        samples[begin : begin + len(sound)] = sound
    return samples


@pytest.mark.parametrize("piece", [480, 441, 7, 48_000])
def test_edges_and_tone_are_found_to_the_millisecond(piece: int) -> None:
    found = bursts_of(pattern((0.5013, 0.3, 440), (1.2, 1.0, 700), seconds=3), piece)
    assert [burst.start for burst in found] == pytest.approx([100.5013, 101.2], abs=0.002)
    assert [burst.end for burst in found] == pytest.approx([100.8013, 102.2], abs=0.002)
    assert [burst.tone for burst in found] == pytest.approx([440, 700], rel=0.01)


def test_bursts_60_ms_apart_are_two_and_a_dip_of_20_ms_is_none() -> None:
    found = bursts_of(pattern((0.1, 0.3, 440), (0.46, 0.3, 440), (0.78, 0.2, 440), seconds=1.2))
    assert [round(burst.start, 2) for burst in found] == [100.1, 100.46]


def test_quiet_noise_and_clicks_are_nothing() -> None:
    noise = np.random.default_rng(1).normal(0, 60, RATE).astype(np.int16)
    noise[RATE // 2 : RATE // 2 + 40] = 20_000
    assert bursts_of(noise) == []


def test_a_swell_is_one_burst_thanks_to_the_two_levels() -> None:
    shape = 1 + 0.3 * np.sin(np.arange(RATE) / RATE * 2 * np.pi * 11)
    on_the_edge = np.sin(np.arange(RATE) / RATE * 2 * np.pi * 500) * shape * 480
    assert len(bursts_of(on_the_edge.astype(np.int16))) == 1


def test_names_of_tones_come_back() -> None:
    assert [number_of_tone(named_tone_hz(number) * 1.01) for number in range(NAMES)] == list(
        range(NAMES)
    )
    assert number_of_tone(200) is None
    assert number_of_tone(named_tone_hz(3) * 1.03) is None


def test_sample_clock_takes_away_jitter_but_follows_drift() -> None:
    clock = SampleClock(RATE)
    jitter = np.random.default_rng(2).exponential(0.008, 3000)
    drifting = 1.0001
    errors = [
        abs(clock.place(480, i * 0.01 * drifting + jitter[i]) - i * 0.01 * drifting)
        for i in range(3000)
    ]
    assert max(errors[100:]) < 0.003


def test_sample_clock_notices_that_a_track_paused() -> None:
    clock = SampleClock(RATE)
    for i in range(50):
        clock.place(480, i * 0.01)
    assert clock.place(480, 5.0) == pytest.approx(5.0)
    assert clock.place(480, 5.01) == pytest.approx(5.01)
