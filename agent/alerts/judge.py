"""Asks the engine, one rule after another, what no cheap condition can tell."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable

from agent.alerts.turns import Turns
from agent.alerts.verdict import question, verdict
from config.alert_rule import Rule
from config.tasks import Tell

log = logging.getLogger("pressbox.alerts")

TICK = 0.5
"""Seconds after which it is seen whether there is something to judge."""
TIMEOUT = 60.0
"""Seconds for one judgement: a line that is being made goes before it."""


class Judge:
    """Has the rules judged in turn. It rests as long as the last judgement took, so that it never
    has more than half of the engine; and as long as `rests()` says why it should.
    """

    def __init__(
        self,
        ask: Callable[[str], Awaitable[str]],
        *,
        hit: Callable[[str, str], None],
        is_cool: Callable[[str], bool],
        rests: Callable[[], str],
        tell: Tell,
    ) -> None:
        """`hit(name, sentence)`: the rule of that name hits, and the engine says so in a sentence,
        or "". `is_cool(name)`: it has hit lately, and may not yet again.
        """
        self._ask = ask
        self._hit = hit
        self._is_cool = is_cool
        self._rests = rests
        self._tell = tell
        self._told: set[str] = set()
        self._news = asyncio.Event()
        self.turns = Turns()

    def use(self, rules: Iterable[Rule]) -> None:
        """Judge these from now on."""
        judged = tuple(rules)
        self._told &= {one.when for one in judged}
        self.turns.use(judged, time.monotonic())
        self._news.set()

    async def run(self) -> None:
        """Judge for ever."""
        while True:
            self._news.clear()
            now = time.monotonic()
            if self.turns.wait(now) is None:
                await self._news.wait()
                continue
            rule = None if self._rests() else self.turns.next(now)
            if rule is not None:
                await self._judge(rule)
            rested = time.monotonic() - now if rule is not None else TICK
            await asyncio.sleep(max(TICK, rested))

    async def _judge(self, rule: Rule) -> None:
        try:
            async with asyncio.timeout(TIMEOUT):
                answer = await self._ask(question(rule))
        except TimeoutError:
            answer = ""
        now = time.monotonic()
        if not answer.strip():
            self.turns.missed(rule, now)
            return
        found = verdict(answer)
        log.debug("rule %s: %s", rule.name, found.yes)
        if self.turns.judged(rule, found.yes, now, cool=self._is_cool(rule.name)):
            self._hit(rule.name, found.sentence)
        elif self.turns.unable(rule.name) and rule.when not in self._told:
            self._told.add(rule.when)
            self._tell(f"this engine cannot judge the rule {rule.name}: it does not say yes or no")
