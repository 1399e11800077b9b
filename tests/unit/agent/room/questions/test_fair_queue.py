"""Whose turn it is: what holds whoever asks, in whatever order."""

from __future__ import annotations

import random
import string

import pytest

from agent.room.questions.fair_queue import EACH, MOST, FairQueue, QueueFullError
from agent.room.questions.question import Question

SEEDS = range(8)


def asked(asker: str, text: str = "What?") -> Question:
    return Question(asker, asker, text, 0.0, lambda _: None)


def put_all(queue: FairQueue, asker: str, count: int) -> int:
    """How many of them found a place."""
    found = 0
    for number in range(count):
        try:
            queue.put(asked(asker, f"{asker}{number}"))
            found += 1
        except QueueFullError:
            pass
    return found


def order(queue: FairQueue) -> list[str]:
    taken = []
    while question := queue.take():
        taken.append(question.text)
    return taken


def test_it_is_bounded_in_all_and_for_each_and_says_so() -> None:
    queue = FairQueue()
    put_all(queue, "ann", EACH)
    with pytest.raises(QueueFullError, match="yours"):
        queue.put(asked("ann"))
    for asker in string.ascii_lowercase:
        put_all(queue, asker, 1)
    assert len(queue) == MOST
    with pytest.raises(QueueFullError, match="later"):
        queue.put(asked("zoe"))
    queue.take()
    queue.put(asked("zoe"))


def test_who_takes_back_loses_no_turn() -> None:
    queue = FairQueue()
    put_all(queue, "ann", 3)
    put_all(queue, "bob", 3)
    answered = queue.take()
    assert answered
    assert queue.take_back("ann", answered.id) == [], "it does not wait any more"
    assert [question.text for question in queue.take_back("ann")] == ["ann1", "ann2"]
    queue.put(asked("ann", "anew"))
    assert order(queue) == ["bob0", "bob1", "anew", "bob2"]


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_waits_for_somebody_elses_later_question(seed: int) -> None:
    """Of two who have questions waiting all the time, neither gets more than one turn ahead."""
    dice = random.Random(seed)
    queue = FairQueue()
    turns = dict.fromkeys("abcde", 0)
    for _ in range(dice.choice([0, 20])):  # one who was alone before has no worse a place
        put_all(queue, "a", EACH)
        queue.take()
    for asker in turns:
        put_all(queue, asker, dice.randint(1, EACH))
    for _ in range(100):
        question = queue.take()
        assert question
        turns[question.asker] += 1
        put_all(queue, question.asker, dice.randint(1, EACH))
        for asker in turns.keys() - queue.askers:
            put_all(queue, asker, 1)
        assert max(turns.values()) - min(turns.values()) <= 1


@pytest.mark.parametrize("newcomers", [1, 2, MOST])
def test_a_stream_of_newcomers_keeps_nobody_waiting(newcomers: int) -> None:
    queue = FairQueue()
    put_all(queue, "ann", EACH)
    for step in range(EACH * (MOST + 1)):
        for number in range(newcomers):
            put_all(queue, f"{step}.{number}", 1)
        queue.take()
    assert "ann" not in queue.askers


@pytest.mark.parametrize("seed", SEEDS)
def test_the_place_that_is_told_is_true_if_nobody_else_comes(seed: int) -> None:
    dice = random.Random(seed)
    queue = FairQueue()
    for _ in range(dice.randint(1, 20)):
        if dice.random() < 0.3:
            queue.take()
        put_all(queue, dice.choice("abcde"), 1)
        if dice.random() < 0.1:
            queue.take_back(dice.choice("abcde"))
    position = queue.put(asked("zoe", "mine")) if len(queue) < MOST else 0
    if position:
        assert order(queue).index("mine") + 1 == position
