from __future__ import annotations

import math

import pytest

from tests.bench.memory import Growth, Sample


def test_growth_is_counted_after_the_pools_have_filled_and_outliers_do_not_bend_it() -> None:
    samples = [
        Sample(at * 30.0, at * 20, 100_000_000 + at * 140_000 - (40_000_000 if at < 2 else 0))
        for at in range(30)
    ]
    samples[20] = Sample(600.0, 400, 180_000_000)
    growth = Growth(samples)
    assert growth.settled[0].time == 180
    assert growth.per_minute == pytest.approx(280_000, rel=0.01)
    assert growth.per_line == pytest.approx(7_000, rel=0.01)


def test_a_booth_that_says_nothing_has_no_growth_a_line() -> None:
    assert math.isnan(Growth([Sample(at * 30.0, 0, 1000) for at in range(5)]).per_line)
