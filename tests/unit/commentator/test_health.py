from __future__ import annotations

from livekit.plugins.pressbox.engine.health import (
    STARTING_WAIT,
    Health,
)


def test_being_reached_keeps_the_backoff_and_an_answer_ends_it() -> None:
    health = Health()
    health.failed("down")
    health.reached()
    assert health.wait() > 0
    health.answered()
    assert health.wait() == 0.0


def test_an_engine_that_starts_is_asked_again_soon() -> None:
    health = Health()
    for _ in range(20):
        health.failed("still loading", starting=True)
        assert 0 < health.wait() <= STARTING_WAIT
    health.failed("down")
    assert health.wait() > STARTING_WAIT
