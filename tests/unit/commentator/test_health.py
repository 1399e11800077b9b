from __future__ import annotations

import random

from livekit.plugins.pressbox.engine.health import (
    BACKOFF_MAX,
    JITTER,
    STARTING_WAIT,
    EngineState,
    Health,
)


def test_the_backoff_doubles_up_to_its_limit() -> None:
    health = Health(random.Random(1))
    assert health.wait() == 0.0
    for full in (0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0):
        health.failed("down")
        assert full * (1 - JITTER) <= health.wait() <= full
    for _ in range(5000):
        health.failed("down")
    assert health.wait() <= BACKOFF_MAX


def test_only_news_are_news() -> None:
    health = Health()
    assert health.reached()
    assert not health.answered()
    assert health.failed("no connection")
    assert not health.failed("no connection")
    assert health.failed("garbage")
    assert health.state == EngineState(up=False, reason="garbage")
    assert health.answered()
    assert health.state == EngineState(up=True)


def test_being_reached_keeps_the_backoff_and_an_answer_ends_it() -> None:
    health = Health()
    health.failed("down")
    health.reached()
    assert health.wait() > 0
    health.answered()
    assert health.wait() == 0.0


def test_three_late_requests_in_a_row_are_a_failure() -> None:
    health = Health()
    health.reached()
    assert not health.late("slow")
    health.answered()
    assert [health.late("slow") for _ in range(3)] == [False, False, True]
    assert health.state == EngineState(up=False, reason="slow")


def test_an_engine_that_starts_is_asked_again_soon() -> None:
    health = Health()
    for _ in range(20):
        health.failed("still loading", starting=True)
        assert 0 < health.wait() <= STARTING_WAIT
    health.failed("down")
    assert health.wait() > STARTING_WAIT
