"""Who counts as watching, and when commentary rests."""

from __future__ import annotations

from agent.room.audience import Audience, Person, is_watched


def test_the_bare_source_and_machines_do_not_watch() -> None:
    people = [Person("cam", False, False), Person("bot", True, False)]
    assert not is_watched(people, "cam")
    assert is_watched(people, "another")


def test_a_source_that_says_it_watches_does() -> None:
    assert is_watched([Person("me", False, True)], "me")


def test_commentary_rests_after_a_while_and_resumes_at_once() -> None:
    audience = Audience(60.0, now=0.0)
    assert audience.update(False, 59.0)
    assert not audience.update(False, 61.0)
    assert audience.update(True, 62.0)
    assert audience.update(False, 100.0)


def test_a_question_counts_as_somebody_there() -> None:
    audience = Audience(60.0, now=0.0)
    audience.spoke(50.0)
    assert audience.update(False, 109.0)
    assert not audience.update(False, 111.0)


def test_zero_means_never_rest() -> None:
    assert Audience(0.0, now=0.0).update(False, 1e9)
