"""Rules as people write them, and what is said of wrong ones."""

from __future__ import annotations

from typing import Any

import pytest

from config.alert_rule import MOST_RULES, RuleError, conditions, rule, rules
from config.errors import SettingsError
from config.settings import RoomSettings

GOOD: list[dict[str, Any]] = [
    {"name": "gate", "when": "the gate opens", "severity": "critical", "say": "Gate!"},
    {"name": "Ärger am Tor", "if": {"stays": "Person", "seconds": 5, "region": [0, 0, 1, 0.5]}},
    {"name": "night", "if": {"darkness": True}, "interval": 2, "cool_down": 1, "enabled": False},
]
BAD: list[tuple[object, str]] = [
    ({"name": "x", "when": "a", "interval": 1}, "rule x: interval"),
    ({"name": "x", "when": "a", "intervall": 3}, "rule x: intervall"),
    ({"name": "x", "when": "a", "severity": "bad"}, "rule x: severity"),
    ({"name": "x", "if": {"appears": "ufo"}}, "rule x: if.appears"),
    ({"name": "x", "if": {"appears": "dog", "leaves": "dog"}}, "rule x: if"),
    ({"name": "x", "if": {"stays": "dog"}}, "rule x: if"),
    ({"name": "x", "if": {"motion": True, "region": [0.5, 0, 0.4, 1]}}, "rule x: if.region"),
    ({"name": "x", "if": {"cut": True, "region": [0, 0, 1, 1]}}, "rule x: if"),
    ({"name": "x", "if": {"still": 0}}, "rule x: if.still"),
    ({"name": "x", "when": "a", "if": {"cut": True}}, "rule x"),
    ({"name": "x"}, "rule x"),
    ({"when": "a"}, "a rule: name"),
    ({"name": "x\ny", "when": "a"}, "rule x?y: name"),
    ({"name": "x" * 10_000, "when": "a"}, "name"),
    ({"name": "x", "when": "a" * 1_000_000}, "rule x: when"),
    (None, "a rule is"),
]


@pytest.mark.parametrize("values", GOOD)
def test_a_rule_is_what_it_was_made_from(values: dict[str, Any]) -> None:
    made = rule(values)
    assert rule(made.model_dump(mode="json")) == made
    settings = RoomSettings().updated({"rules": [values]})
    assert RoomSettings.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize(("values", "said"), BAD)
def test_a_wrong_rule_is_named_with_its_field_in_one_short_line(values: object, said: str) -> None:
    with pytest.raises(RuleError) as caught:
        rule(values)
    assert said in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_a_room_has_rules_of_different_names_and_not_too_many() -> None:
    one = {"name": "Gate", "when": "a"}
    with pytest.raises(RuleError, match="rule Gate: name"):
        rules([one, {**one, "name": "gate"}])
    with pytest.raises(RuleError, match=str(MOST_RULES)):
        rules([{"name": f"gate {n}", "when": "a"} for n in range(MOST_RULES + 1)])
    with pytest.raises(SettingsError, match="rule Gate: interval"):
        RoomSettings().updated({"rules": [{**one, "interval": 0}]})


@pytest.mark.parametrize("one", conditions(), ids=lambda one: str(one["name"]))
def test_what_a_form_is_told_of_a_condition_makes_a_rule(one: dict[str, Any]) -> None:
    value = {"thing": "dog", "seconds": 5, "true": True}[one["value"]]
    condition = {one["name"]: value} | dict.fromkeys(one["needs"], 5)
    placed = {"name": "x", "if": {**condition, "region": [0, 0, 1, 0.5]}}
    assert rule({"name": "x", "if": condition}).if_
    if "region" in one["takes"]:
        assert rule(placed).if_
    else:
        with pytest.raises(RuleError, match="region"):
            rule(placed)
