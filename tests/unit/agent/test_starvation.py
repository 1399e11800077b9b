"""When a subscription is made anew."""

from __future__ import annotations

from agent.picture.starvation import SILENT_AFTER, STARVED_AFTER, Starvation

TICK = 0.5


def renewals(decoding: bool, seconds: float, *, known: bool = True) -> list[float]:
    """When a track whose last picture came at 100 s is subscribed to anew."""
    starvation, found, decoded = Starvation(), [], 50
    for tick in range(int(seconds / TICK)):
        now = 100.0 + tick * TICK
        decoded += 15 * decoding
        if starvation.asks(now, 100.0) and starvation.due(now, decoded if known else None):
            found.append(now - 100.0)
    return found


def test_pictures_that_are_decoded_and_do_not_come_are_fetched_soon_and_again() -> None:
    first, second, *_ = renewals(True, 10)
    assert STARVED_AFTER < first <= STARVED_AFTER + 3 * TICK
    assert STARVED_AFTER < second - first <= STARVED_AFTER + 3 * TICK


def test_a_source_that_sends_nothing_is_given_time() -> None:
    first, second = renewals(False, 2 * SILENT_AFTER + 3 * TICK)
    assert SILENT_AFTER < first <= SILENT_AFTER + TICK
    assert SILENT_AFTER < second - first <= SILENT_AFTER + TICK


def test_not_knowing_is_not_decoding() -> None:
    assert renewals(True, SILENT_AFTER, known=False) == []


def test_pictures_that_come_need_nothing() -> None:
    starvation = Starvation()
    assert not any(starvation.asks(100.0 + at, 99.0 + at) for at in range(20))


def test_what_was_decoded_before_a_picture_came_does_not_count() -> None:
    starvation = Starvation()
    assert starvation.asks(102.0, 100.0)
    assert not starvation.due(102.0, 10)
    assert not starvation.asks(103.0, 102.5)
    assert starvation.asks(105.0, 102.5)
    assert not starvation.due(105.0, 90)


def test_what_is_not_expected_is_not_missing_and_counts_from_then_on() -> None:
    starvation = Starvation()
    assert starvation.asks(200.0, 100.0)
    starvation.rest(200.0)
    assert not starvation.asks(200.5, 100.0)
    assert starvation.asks(200.0 + STARVED_AFTER + TICK, 100.0)
    assert not starvation.due(200.0 + STARVED_AFTER + TICK, 50)
    assert starvation.due(200.0 + SILENT_AFTER + TICK, 50)
