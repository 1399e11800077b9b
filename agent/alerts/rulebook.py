"""All rules that one room goes by, its own and those for all rooms. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.alerts.plain_words import condition, is_meant
from config.alert_rule import MOST_RULES, Condition, Rule, RuleError, key, rule, rules

ASKED = '{"add": {...}}, {"remove": name}, {"enable": name, "on": true}, or {} for the list'


class Rulebook:
    """The room's rules come first: one of them stands for a rule of that name for all rooms."""

    def __init__(self) -> None:
        self.own: tuple[Rule, ...] = ()
        """The room's: its setting `rules`."""
        self.shared: tuple[Rule, ...] = ()
        """Those for all rooms, of the file."""

    @property
    def all(self) -> tuple[Rule, ...]:
        """All of them, MOST_RULES at most."""
        names = {key(one.name) for one in self.own}
        others = (one for one in self.shared if key(one.name) not in names)
        return (*self.own, *others)[:MOST_RULES]

    def named(self, name: str) -> Rule | None:
        """The rule of that name."""
        return next((one for one in self.all if key(one.name) == key(name)), None)

    def meant(self, words: str) -> list[Rule]:
        """The rules that somebody means by `words`."""
        return [one for one in self.all if is_meant(one, words)]

    def edited(self, order: Mapping[str, Any]) -> tuple[Rule, ...]:
        """The room's rules after an order such as {"remove": name}. Raises RuleError."""
        match order:
            case {"add": values, **rest} if not rest:
                return self.added(rule(values))
            case {"remove": str(name), **rest} if not rest:
                one = self._known(name)
                if one not in self.own:
                    raise RuleError(
                        f"rule {one.name} is for all rooms: it can be switched off here"
                    )
                return self.stopped(one)
            case {"enable": str(name), "on": bool(on), **rest} if not rest:
                return self._switched(self._known(name), on=on)
        raise RuleError(f"expected {ASKED}")

    def added(self, one: Rule) -> tuple[Rule, ...]:
        """With one more, or another one of that name. Raises RuleError."""
        if self.named(one.name) is None and len(self.all) >= MOST_RULES:
            raise RuleError(f"rule {one.name}: there are {MOST_RULES} rules already")
        return rules([*self._without(one), one])

    def stopped(self, one: Rule) -> tuple[Rule, ...]:
        """Without a rule of the room; one for all rooms is switched off."""
        return self._without(one) if one in self.own else self._switched(one, on=False)

    def _switched(self, one: Rule, *, on: bool) -> tuple[Rule, ...]:
        changed = rule({**one.model_dump(), "enabled": on})
        if one not in self.own:
            return rules([*self.own, changed])
        return tuple(changed if known == one else known for known in self.own)

    def _known(self, name: str) -> Rule:
        one = self.named(name)
        if one is None:
            there = ", ".join(one.name for one in self.all) or "none"
            raise RuleError(f"no rule of that name; there are: {there}")
        return one

    def _without(self, one: Rule) -> tuple[Rule, ...]:
        return tuple(other for other in self.own if key(other.name) != key(one.name))


def cheap(one: Rule, *, names_things: bool) -> Condition | None:
    """The condition that a rule is judged by; None: the engine judges it.

    Without a detector the engine judges plain words that name things, too.
    """
    if one.if_ is not None:
        return one.if_
    found = condition(one.when)
    return None if found is not None and found.thing and not names_things else found
