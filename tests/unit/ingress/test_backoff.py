"""Waits between attempts."""

from __future__ import annotations

import pytest

from ingress.backoff import GOOD_RUN, QUICK, QUICK_TRIES, Backoff, jitter
from ingress.reader.messages import FailureKind


@pytest.fixture
def backoff() -> Backoff:
    return Backoff(factor=lambda: 1.0)


def waits(backoff: Backoff, kind: FailureKind, count: int) -> list[float]:
    return [backoff.wait(kind, 0.0) for _ in range(count)]


def test_it_doubles_up_to_half_a_minute_and_after_wrong_credentials_to_five(
    backoff: Backoff,
) -> None:
    assert waits(backoff, "refused", 7) == [1, 2, 4, 8, 16, 30, 30]
    assert waits(backoff, "auth", 6) == [30, 60, 120, 240, 300, 300]
    assert waits(backoff, "refused", 1) == [30], "each kind counts by itself"
    backoff.reset()
    assert (backoff.wait("auth", 0.0), backoff.wait("refused", 0.0)) == (30, 1)


def test_after_a_good_run_it_is_tried_at_once_then_as_from_the_beginning(backoff: Backoff) -> None:
    waits(backoff, "refused", 5)
    assert backoff.wait("ended", GOOD_RUN) == 0
    assert waits(backoff, "refused", 3) == [1, 2, 2]


@pytest.mark.parametrize("lived", [0.1, 5.0, 29.0])
def test_whoever_had_pictures_is_tried_often_for_a_while(backoff: Backoff, lived: float) -> None:
    waits(backoff, "refused", 5)
    waits(backoff, "auth", 3)
    assert backoff.wait("ended", lived) == 1
    assert waits(backoff, "refused", QUICK_TRIES - 1) == [QUICK] * (QUICK_TRIES - 1)
    assert waits(backoff, "refused", 3) == [4, 8, 16]
    assert backoff.wait("ended", lived) == 1
    assert backoff.wait("auth", 0.0) == 30, "pictures forgive wrong credentials"


def test_sources_that_went_together_come_back_apart() -> None:
    factors = [jitter() for _ in range(200)]
    assert 0.8 <= min(factors) < 0.9
    assert 1.1 < max(factors) <= 1.2
