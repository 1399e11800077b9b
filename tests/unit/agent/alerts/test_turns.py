"""Who is judged when, and what answers make of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from agent.alerts.turns import Turns
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
