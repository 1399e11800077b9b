"""Who is judged when, and what answers make of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from agent.alerts.turns import SELDOM, UNABLE, Turns
from config.alert_rule import Rule, rule


def made(name: str = "gate", **more: Any) -> Rule:
    return rule({"name": name, "when": f"the {name} opens", **more})


def hits(one: Rule, answers: Sequence[bool | None], cool: Sequence[int] = ()) -> list[int]:
    """Numbers of the answers that hit; during those in `cool` it may not."""
    turns = Turns()
    turns.use([one], 0.0)
    return [
        number
        for number, yes in enumerate(answers)
        if turns.judged(one, yes, 10.0 * number, cool=number in cool)
    ]


@pytest.mark.parametrize(
    ("severity", "answers", "expected"),
    [
        ("warning", [False, True, True, False, True], [1, 4]),
        ("warning", [True, True, False, True], [3]),
        ("warning", [False, None, True, None, True, None], [2]),
        ("critical", [True, True, False, True], [0, 3]),
        ("info", [False, True, False, True, True, True], [4]),
        ("info", [False, True, None, True], [3]),
    ],
)
def test_a_hit_is_a_change_from_no_to_yes(
    severity: str, answers: list[bool | None], expected: list[int]
) -> None:
    assert hits(made(severity=severity), answers) == expected


def test_what_is_still_so_after_the_cool_down_is_told_then() -> None:
    assert hits(made(), [False, True, False, True, True, True], cool=[2, 3]) == [1, 4]
    assert hits(made(), [False, True, False, True, False, False], cool=[2, 3]) == [1]


def test_of_a_reworded_rule_nothing_is_known() -> None:
    turns = Turns()
    turns.use([made()], 0.0)
    turns.judged(made(), False, 0.0)
    turns.use([made(when="the gate is red")], 1.0)
    assert not turns.judged(made(when="the gate is red"), True, 2.0), "it was so before"


def test_all_have_their_turn_however_slow_the_engine_is() -> None:
    rules = [made(f"gate {n}", interval=2 + n % 5) for n in range(12)]
    turns, now, counts = Turns(), 0.0, Counter[str]()
    turns.use(rules, now)
    for _ in range(600):
        one = turns.next(now)
        if one is None:
            now += 0.5
            continue
        counts[one.name] += 1
        now += 4.0
        turns.judged(one, False, now)
    assert max(counts.values()) <= 1.2 * min(counts.values())


def test_the_interval_is_kept() -> None:
    one, turns = made(interval=7), Turns()
    turns.use([one], 0.0)
    assert turns.next(0.0) == one
    turns.judged(one, False, 1.0)
    assert turns.next(7.9) is None
    assert turns.wait(7.0) == pytest.approx(1.0)
    assert turns.next(8.0) == one


def test_what_an_engine_cannot_tell_is_asked_seldom_and_again_when_it_can() -> None:
    one, turns = made(interval=5), Turns()
    turns.use([one], 0.0)
    for number in range(UNABLE):
        assert not turns.unable("gate")
        turns.judged(one, None, float(number))
    assert turns.unable("gate")
    assert turns.wait(UNABLE - 1.0) == pytest.approx(5.0 * SELDOM)
    turns.judged(one, False, 100.0)
    assert not turns.unable("gate")
    assert turns.wait(100.0) == pytest.approx(5.0)


@pytest.mark.parametrize("seed", range(6))
def test_a_rule_that_is_removed_or_reworded_never_hits_by_old_answers(seed: int) -> None:
    dice = random.Random(seed)
    turns, now = Turns(), 0.0
    there: dict[str, Rule] = {}
    under_way: list[Rule] = []
    for _ in range(400):
        now += dice.uniform(0.1, 3)
        name = dice.choice("abc")
        if dice.random() < 0.3:
            there.pop(name, None)
            if dice.random() < 0.6:
                there[name] = made(name, severity=dice.choice(["info", "warning", "critical"]),
                                   when=f"thing {dice.randrange(3)}")  # fmt: skip
            turns.use(there.values(), now)
        elif (one := turns.next(now)) is not None:
            under_way.append(one)
        if under_way and dice.random() < 0.5:
            one = under_way.pop(0)
            if turns.judged(one, dice.choice([True, False, None]), now):
                assert there[one.name].when == one.when
