"""Which rule is judged next, and what the answers make of it. Pure; times in monotonic seconds.

A rule hits when the answer turns from no to yes: an open gate is told once, and again only after a
no. What was never judged before counts as a no for `critical` rules only, where a false alarm costs
less than none. `info` rules want two yes in a row: they may wait, and false ones would wear out
whoever listens. An answer that tells nothing changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from config.alert_rule import Rule, key

UNABLE = 3
"""Answers in a row that tell nothing, from the first on, after which the engine cannot judge it."""
SELDOM = 12
"""Such a rule is judged after so many intervals only."""


@dataclass(slots=True, eq=False)
class _Turn:
    rule: Rule
    due: float
    known: bool | None = None
    yes_in_a_row: int = 0
    untold: int = 0
    judged: float | None = None

    @property
    def unable(self) -> bool:
        return self.known is None and self.untold >= UNABLE


class Turns:
    """The rules that an engine judges, each in turn: whoever has waited longest beyond its time."""

    def __init__(self) -> None:
        self._turns: dict[str, _Turn] = {}

    def use(self, rules: Iterable[Rule], now: float) -> None:
        """Judge these from now on; those that stay as they were keep what is known of them."""
        turns = {}
        for rule in rules:
            old = self._turns.get(key(rule.name))
            same = old is not None and old.rule.when == rule.when
            turns[key(rule.name)] = old if old is not None and same else _Turn(rule, now)
            turns[key(rule.name)].rule = rule
        self._turns = turns

    def wait(self, now: float) -> float | None:
        """Seconds until the next rule is due; None: there is no rule."""
        return max(0.0, min(one.due for one in self._turns.values()) - now) if self._turns else None

    def next(self, now: float) -> Rule | None:
        """The rule to judge now."""
        due = [one for one in self._turns.values() if one.due <= now]
        return min(due, key=lambda one: one.due).rule if due else None

    def judged(self, rule: Rule, yes: bool | None, now: float, *, cool: bool = False) -> bool:
        """The engine has answered; whether the rule hits.

        `cool`: it may not hit yet; where it still says yes afterwards, it does then.
        """
        turn = self._turns.get(key(rule.name))
        if turn is None or turn.rule.when != rule.when:
            return False  # it was taken away meanwhile
        turn.judged = now
        turn.untold = 0 if yes is not None else turn.untold + 1
        turn.due = now + turn.rule.interval * (SELDOM if turn.unable else 1)
        if yes is None:
            return False
        turn.yes_in_a_row = turn.yes_in_a_row + 1 if yes else 0
        if not yes or turn.known:
            turn.known = yes
            return False
        if turn.known is None and turn.rule.severity != "critical":
            turn.known = True  # it was so before the rule was
            return False
        if cool or turn.yes_in_a_row < (2 if turn.rule.severity == "info" else 1):
            return False
        turn.known = True
        return True

    def missed(self, rule: Rule, now: float) -> None:
        """The engine gave no answer at all."""
        if turn := self._turns.get(key(rule.name)):
            turn.due = now + turn.rule.interval

    def unable(self, name: str) -> bool:
        """Whether the engine never told anything of this rule."""
        turn = self._turns.get(key(name))
        return turn is not None and turn.unable

    def last(self, name: str) -> tuple[float, bool | None] | None:
        """When it was judged last, and what is known since; None: it was not judged yet."""
        turn = self._turns.get(key(name))
        return None if turn is None or turn.judged is None else (turn.judged, turn.known)
