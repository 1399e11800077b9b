"""Waits between attempts."""

from __future__ import annotations

import pytest

from ingress.backoff import GOOD_RUN, QUICK, QUICK_TRIES, Backoff, jitter
from ingress.reader.messages import FailureKind


def even(**more: float) -> Backoff:
    return Backoff(factor=lambda: 1.0, **more)


def waits(backoff: Backoff, kind: FailureKind, count: int) -> list[float]:
    return [backoff.wait(kind, 0.0) for _ in range(count)]


def test_it_doubles_from_one_second_to_thirty() -> None:
    assert waits(even(), "refused", 7) == [1, 2, 4, 8, 16, 30, 30]


def test_wrong_credentials_wait_from_half_a_minute_to_five() -> None:
    assert waits(even(), "auth", 6) == [30, 60, 120, 240, 300, 300]


def test_wrong_credentials_do_not_count_for_other_failures_nor_the_other_way_round() -> None:
    backoff = even()
    assert [backoff.wait(kind, 0.0) for kind in ("refused", "auth", "refused", "auth")] == [
        *(1, 30),
        *(2, 60),
    ]


def test_after_a_good_run_it_is_tried_at_once_then_as_from_the_beginning() -> None:
    backoff = even()
    waits(backoff, "refused", 5)
    assert backoff.wait("ended", GOOD_RUN) == 0
    assert waits(backoff, "refused", 3) == [1, 2, 2]


@pytest.mark.parametrize("lived", [0.1, 5.0, 29.0])
def test_whoever_had_pictures_is_tried_often_for_a_while(lived: float) -> None:
    backoff = even()
    waits(backoff, "refused", 5)
    assert backoff.wait("ended", lived) == 1
    assert waits(backoff, "refused", QUICK_TRIES - 1) == [QUICK] * (QUICK_TRIES - 1)
    assert waits(backoff, "refused", 3) == [4, 8, 16]
    assert backoff.wait("ended", lived) == 1


def test_pictures_forgive_wrong_credentials() -> None:
    backoff = even()
    waits(backoff, "auth", 3)
    backoff.wait("ended", 2.0)
    assert backoff.wait("auth", 0.0) == 30


def test_reset_begins_anew() -> None:
    backoff = even()
    waits(backoff, "auth", 3)
    waits(backoff, "refused", 3)
    backoff.reset()
    assert (backoff.wait("auth", 0.0), backoff.wait("refused", 0.0)) == (30, 1)


def test_sources_that_went_together_come_back_apart() -> None:
    factors = [jitter() for _ in range(200)]
    assert 0.8 <= min(factors) < 0.9
    assert 1.1 < max(factors) <= 1.2
