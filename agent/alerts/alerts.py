"""The alerts of one booth: which rules hold, who judges them, and what hits."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping

from livekit import rtc
from livekit.plugins.pressbox.scene import Sight

from agent.alerts.conditions import Conditions
from agent.alerts.judge import Judge
from agent.alerts.orders import order
from agent.alerts.plain_words import sentence
from agent.alerts.rulebook import ASKED, Rulebook, cheap
from agent.alerts.rules_file import follow
from agent.alerts.telling import Telling, Voice
from agent.alerts.webhook import Webhook
from agent.clock.unix_clock import UnixClock
from agent.room.room import Room
from agent.room.rpc import BAD_REQUEST, Methods, json_object, refuse_guests
from config.alert_rule import Rule, RuleError, key
from config.errors import SettingsError
from config.settings import Settings
from config.tasks import Tasks, Tell

RULES = "pressbox.rules"
"""RPC method for any participant: lists the rules of the room, and changes them."""
LARGEST = 14_000
"""Bytes of its answer: LiveKit takes 15 kB."""
_SHORT = ("name", "enabled", "last_hit", "not_judged")
"""What is told of each rule where that is too long."""

NAMELESS_AFTER = 10.0
"""Seconds of pictures without any look of a detector after which there is none."""
NO_DETECTOR = "there is no detector that could name things"

Change = Callable[[Mapping[str, object], str], asyncio.Task[None]]
"""A `Control.change`."""


class Alerts:
    """Owns conditions, judge, file and what tells of hits. Times inside are monotonic seconds."""

    def __init__(
        self,
        room: Room,
        voice: Voice,
        unix: UnixClock,
        settings: Settings,
        *,
        rules: tuple[Rule, ...],
        source: Callable[[], str],
        heard: Callable[[], bool],
        rests: Callable[[], str],
        change: Change,
        tell: Tell,
    ) -> None:
        """
        Args:
            rules: The room's, at the start.
            source: Identity of what is watched.
            heard: Whether anybody is there to hear an alert.
            rests: Why the engine is not to be asked for judgements now, "" where it may be.
            change: Takes changed settings, `{"rules": [...]}`, and who wants that; it calls `use`.
        """
        self._methods = Methods(room, {RULES: self._on_rules})
        self._voice = voice
        self._unix = unix
        self._rests = rests
        self._change = change
        self._tell = tell
        self._tasks = Tasks(tell)
        self._folder = settings.state_dir
        url, secret = settings.webhook_url, settings.webhook_secret
        self._webhook = Webhook(url.get_secret_value(), secret.get_secret_value(), tell)
        self._telling = Telling(
            voice,
            self._webhook,
            unix,
            self._tasks,
            room=room.name,
            source=source,
            heard=heard,
        )
        self._conditions = Conditions()
        self._judge = Judge(
            voice.judge,
            hit=lambda name, said: self._hit(name, said, time.monotonic()),
            is_cool=self._is_cool,
            rests=rests,
            tell=tell,
        )
        self._last_hit: dict[str, float] = {}
        self._names_things = True
        self._looked: float | None = None
        self._book = Rulebook()
        self.use(rules)

    def start(self) -> None:
        """Begin to watch."""
        self._voice.scene.listen(self._see)
        self._telling.start()
        self._webhook.start()
        self._tasks.keep("the file of rules", self._follow_file)
        self._tasks.keep("the judge of rules", self._judge.run)
        self._methods.start()

    async def aclose(self) -> None:
        """Stop. Idempotent."""
        self._conditions.use({})
        self._telling.stop()
        self._methods.stop()
        await self._tasks.aclose()
        await self._webhook.aclose()

    # what holds

    def use(self, rules: tuple[Rule, ...]) -> None:
        """Go by these rules of the room from now on."""
        if rules != self._book.own:
            self._book.own = rules
            self._sort()

    async def _follow_file(self) -> None:
        def use(rules: tuple[Rule, ...]) -> None:
            self._book.shared = rules
            self._sort()

        await follow(self._folder, use, self._tell)

    def _sort(self) -> None:
        """Who judges which rule."""
        enabled = [one for one in self._book.all if one.enabled]
        found = {key(one.name): cheap(one, names_things=self._names_things) for one in enabled}
        self._conditions.use({name: one for name, one in found.items() if one is not None})
        self._judge.use(one for one in enabled if found[key(one.name)] is None)
        known = {key(one.name) for one in self._book.all}
        self._last_hit = {name: at for name, at in self._last_hit.items() if name in known}

    async def _on_rules(self, call: rtc.RpcInvocationData) -> str:
        """`{}`, `{"add": {…}}`, `{"remove": name}`, `{"enable": name, "on": false}`
        ([alerts.md](alerts.md)). Answers `{"rules": […]}`.
        """
        if order := json_object(call.payload or "{}", ASKED):
            refuse_guests(call)
            try:
                kept = self._keep(self._book.edited(order), call.caller_identity)
            except (RuleError, SettingsError) as error:
                raise rtc.RpcError(BAD_REQUEST, str(error)) from error
            await asyncio.wait([kept])  # a caller who gives up must not end it
        listed = self.listed()
        answer = json.dumps({"rules": listed})
        if len(answer.encode()) > LARGEST:
            short = [{name: one[name] for name in _SHORT} for one in listed]
            answer = json.dumps({"rules": short})
        return answer

    def order(self, text: str, by: str) -> str | None:
        """Do what an order such as "tell me when the gate opens" says, and say what to reply; None
        where it is no order of this kind.
        """
        try:
            wanted = order(text, [one.name for one in self._book.all])
            if wanted is None:
                return None
            if wanted.add is not None:
                if not any(one.enabled for one in self._book.meant(wanted.add.when)):
                    self._keep(self._book.added(wanted.add), by)
                return wanted.reply
            meant = self._book.meant(wanted.stop)
            for one in meant:
                self._keep(self._book.stopped(one), by)
        except RuleError as error:
            return f"{error}."
        if meant:
            return wanted.reply.format(", ".join(one.name for one in meant))
        return wanted.unknown if wanted.surely else None

    def _keep(self, own: tuple[Rule, ...], by: str) -> asyncio.Task[None]:
        return self._change({"rules": [one.model_dump(mode="json") for one in own]}, by)

    # what is seen

    def lost(self, lost: bool) -> None:
        """Whether the source is lost; call it as often as is convenient."""
        for name in self._conditions.lost(lost):
            self._hit(name, "", time.monotonic())

    def forget(self) -> None:
        """The source is another one."""
        self._conditions.forget()

    def _see(self, sight: Sight) -> None:
        self._find_detector(sight.capture_time)
        for name in self._conditions.see(sight):
            self._hit(name, "", sight.capture_time)

    def _find_detector(self, now: float) -> None:
        frame = self._voice.newest_frame
        self._looked = now if self._looked is None else self._looked
        if frame is not None and frame.objects is not None:
            self._looked = now
        there = now - self._looked < NAMELESS_AFTER
        if there != self._names_things:
            self._names_things = there
            self._sort()
            nameless = [one.name for one in self._book.all if self._why_not(one) == NO_DETECTOR]
            if nameless:
                self._tell(f"rules that cannot be judged: {', '.join(nameless)}: {NO_DETECTOR}")

    def _is_cool(self, name: str) -> bool:
        rule, last = self._book.named(name), self._last_hit.get(key(name))
        return rule is not None and last is not None and time.monotonic() - last < rule.cool_down

    def _hit(self, name: str, said: str, captured: float) -> None:
        """`said`: the engine's words; `captured`: capture time of what hit."""
        rule = self._book.named(name)
        if rule is not None and not self._is_cool(name):
            self._last_hit[key(name)] = time.monotonic()
            self._telling.tell(rule, rule.say or said or sentence(rule), captured)

    # what is known of the rules

    def listed(self) -> list[dict[str, object]]:
        """Each rule and what became of it, as JSON values; times in Unix seconds."""
        return [self._listed(one) for one in self._book.all]

    def _listed(self, one: Rule) -> dict[str, object]:
        hit, judged = self._last_hit.get(key(one.name)), self._judge.turns.last(one.name)
        return {
            **one.model_dump(mode="json"),
            "for_all_rooms": one not in self._book.own,
            "last_hit": None if hit is None else round(self._unix.seconds(hit), 1),
            "last_judgement": None if judged is None else round(self._unix.seconds(judged[0]), 1),
            "so": None if judged is None else judged[1],
            "not_judged": self._why_not(one),
        }

    def _why_not(self, one: Rule) -> str:
        """Why a rule is not judged, "" where it is."""
        if not one.enabled:
            return "it is switched off"
        found = cheap(one, names_things=self._names_things)
        if found is not None:
            return NO_DETECTOR if found.thing and not self._names_things else ""
        if self._judge.turns.unable(one.name):
            return "this engine does not say yes or no"
        return self._rests()
