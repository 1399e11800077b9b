"""Orders and plain words, and the conditions that say exactly that."""

from __future__ import annotations

from typing import Any

import pytest

from agent.alerts.orders import order
from agent.alerts.plain_words import condition, is_meant
from config.alert_rule import Condition, Rule, rule

EXACT: list[tuple[str, dict[str, Any]]] = [
    ("tell me when a person comes", {"appears": "person"}),
    ("when it gets dark", {"darkness": True}),
    ("the lights go out", {"darkness": True}),
    ("there is a motorbike", {"appears": "motorcycle"}),
    ("nobody is there any more", {"leaves": "person"}),
    ("the bus leaves.", {"leaves": "bus"}),
    ("something moves", {"motion": True}),
    ("Nothing moves for 2 minutes", {"still": 120}),
    ("a person stays for more than 30 seconds", {"stays": "person", "seconds": 30}),
    ("the camera goes offline", {"source_lost": True}),
]
BEYOND = [
    "the gate opens", "a red car comes", "a person comes into the kitchen", "nobody comes",
    "the last person leaves", "two dogs appear", "a dog does not appear",
    "a person comes or a dog appears", "a person stays for 0 seconds", "",
]  # fmt: skip


@pytest.mark.parametrize(("words", "expected"), EXACT)
def test_plain_words_become_a_condition(words: str, expected: dict[str, Any]) -> None:
    assert condition(words) == Condition.model_validate(expected)


@pytest.mark.parametrize("words", BEYOND)
def test_what_no_condition_says_is_left_to_the_engine(words: str) -> None:
    assert condition(words) is None


def added(text: str, *taken: str) -> Rule:
    wanted = order(text, taken)
    assert wanted is not None
    assert wanted.add is not None
    return wanted.add


def test_an_order_is_a_rule_with_a_name_of_its_own() -> None:
    assert added("Tell me when the gate opens!").name == "gate opens"
    assert added("Please let us know as soon as there's smoke").when == "there is smoke"
    assert added("tell me when the gate opens, please", "Gate  Opens").name == "gate opens 2"
    assert added("could you warn me if a dog appears?").when == "a dog appears"


@pytest.mark.parametrize(
    "text",
    ["stop telling me", "tell me what you see", "tell me if it's a dog?",
     "when does the gate open?", "x" * 1_000_000, "tell me " * 100_000],
)  # fmt: skip
def test_other_talk_is_no_order(text: str) -> None:
    assert order(text) is None


def test_an_end_means_the_rule_by_name_by_words_or_by_meaning() -> None:
    gate = rule({"name": "gate opens", "when": "the gate opens"})
    person = rule({"name": "visitor", "if": {"appears": "person"}})
    for text, stop, surely in (
        ("stop telling me when the gate opens", "the gate opens", True),
        ("Don\u2019t tell me about visitor any more", "visitor", False),
    ):
        ended = order(text)
        assert ended is not None
        assert (ended.add, ended.stop, ended.surely) == (None, stop, surely)
    assert is_meant(gate, "the gate opens")
    assert is_meant(gate, "Gate opens")
    assert not is_meant(gate, "the gate closes")
    assert is_meant(person, "somebody comes")


@pytest.mark.parametrize(
    ("asked", "taken_back", "when"),
    [
        ("Sag mir bitte Bescheid, wenn das Tor aufgeht!",
         "Sag mir nicht mehr Bescheid, wenn das Tor aufgeht", "das Tor aufgeht"),
        ("Préviens-moi quand le portail s'ouvre", "Ne me préviens plus quand le portail s'ouvre",
         "le portail s'ouvre"),
        ("Avísame cuando se abra la puerta", "deja de avisarme cuando se abra la puerta",
         "se abra la puerta"),
    ],
)  # fmt: skip
def test_orders_in_other_languages(asked: str, taken_back: str, when: str) -> None:
    assert added(asked).when == when
    ended = order(taken_back)
    assert ended is not None
    assert ended.stop == when
