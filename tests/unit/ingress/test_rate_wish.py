"""Wishes for another bitrate."""

from __future__ import annotations

from ingress.rate_wish import LEAST, RateWish


def test_small_changes_are_not_passed_on() -> None:
    wish = RateWish(2_000_000)
    assert [wish.wanted(target) for target in (1_900_000, 1_600_000, 0, 9_000_000)] == [0] * 4


def test_a_quarter_less_and_then_more_is() -> None:
    wish = RateWish(2_000_000)
    assert wish.wanted(1_000_000) == 1_000_000
    assert wish.wanted(1_100_000) == 0
    assert wish.wanted(5_000_000) == 2_000_000


def test_it_stays_within_its_bounds() -> None:
    wish = RateWish(2_000_000)
    assert wish.wanted(1) == LEAST
    wish.reset()
    assert wish.wanted(1_990_000) == 0
