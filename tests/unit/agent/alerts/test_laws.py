"""Laws of alerts, whatever is seen, judged and edited."""

from __future__ import annotations

import asyncio
import random
import time
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from agent.alerts.alerts import Alerts
from agent.clock.unix_clock import UnixClock
from agent.commentator.line import Line, Lines, new_line
from agent.commentator.scene.scene import Scene
from agent.commentator.scene.sight import Motion, Sight
from agent.commentator.window import SampledFrame
from config.alert_rule import Rule, key, rule
from config.settings import Settings
from tests.support.fake_rtc import FakeRtc
from tests.support.virtual_time import run_virtual
from vision.detection import TrackedObject

SEVERITIES = ("info", "warning", "critical")


class Chance:
    """A commentator whose engine answers, fails or is silent by chance."""

    def __init__(self, dice: random.Random) -> None:
        self.lines = Lines(lambda: time.monotonic())
        self.scene = Scene()
        self.newest_frame: SampledFrame | None = None
        self._dice = dice

    def alert(self, text: str, instructions: str = "") -> Line:
        line = new_line("alert", anchor=time.monotonic(), requested_at=time.monotonic())
        self.lines.add(line)
        if self._dice.random() < 0.3:
            self.lines.drop(line, "refused")
        return line

    async def judge(self, question: str) -> str:
        await asyncio.sleep(self._dice.uniform(0, 4))
        return self._dice.choice(["Yes. So it is.", "Yes.", "No.", "No.", "I can't tell.", ""])


def some_rule(dice: random.Random, name: str) -> Rule:
    cause: dict[str, Any] = dice.choice(
        [
            {"when": "the gate opens"},
            {"when": "a person comes"},
            {"if": {"appears": "person"}},
            {"if": {"leaves": "anything"}},
            {"if": {"motion": True}},
            {"if": {"cut": True}},
            {"if": {"source_lost": True}},
            {"if": {"darkness": True}},
        ]
    )
    more = {"cool_down": dice.choice([1, 10, 40]), "severity": dice.choice(SEVERITIES)}
    return rule({"name": name, **cause, **more, "interval": 2, "enabled": dice.random() < 0.9})


def some_sight(dice: random.Random) -> Sight:
    now = time.monotonic()
    box = (0.1, 0.1, 0.4, 0.9)
    there = now % 20 < 10
    return Sight(
        now,
        Motion(movers=(box,) if now % 14 < 6 else (), cut=dice.random() < 0.05,
               light=10.0 if now % 50 < 10 else 120.0),
        (TrackedObject(int(now // 20), "person", box, now - now % 20, now),) if there else (),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_no_two_hits_within_a_cool_down_and_none_of_what_does_not_hold(
    fake_rtc: FakeRtc, tmp_path: Path, seed: int
) -> None:
    run_virtual(_law(fake_rtc, tmp_path, random.Random(seed)))


async def _law(fake_rtc: FakeRtc, folder: Path, dice: random.Random) -> None:
    told: dict[str, list[tuple[float, float]]] = {}
    rules: dict[str, Rule] = {}
    voice = Chance(dice)
    alerts = Alerts(
        fake_rtc.room(), voice, UnixClock(), Settings(state_dir=folder),
        rules=(), source=lambda: "cam", heard=lambda: dice.random() < 0.5,
        rests=lambda: "behind" if time.monotonic() % 60 < 10 else "",
        change=lambda *_: asyncio.create_task(asyncio.sleep(0)), tell=lambda _: None,
    )  # fmt: skip

    def hit(one: Rule, text: str, captured: float) -> None:
        assert rules[key(one.name)] == one, "it holds, as it is worded now"
        assert one.enabled
        assert text
        told.setdefault(key(one.name), []).append((time.monotonic(), one.cool_down))

        tell(one, text, captured)

    tell = alerts._telling.tell
    with mock.patch.object(alerts._telling, "tell", hit):
        await _lived(alerts, voice, rules, told, dice)
    assert sum(map(len, told.values())) >= 10
    for hits in told.values():
        assert not any(after - before < cool for (before, _), (after, cool) in pairwise(hits))


async def _lived(
    alerts: Alerts,
    voice: Chance,
    rules: dict[str, Rule],
    told: dict[str, list[tuple[float, float]]],
    dice: random.Random,
) -> None:
    alerts.start()
    for _ in range(2000):
        await asyncio.sleep(0.25)
        if dice.random() < 0.02:
            name = dice.choice("abcd")
            rules.pop(name, None)
            if dice.random() < 0.8:
                rules[name] = some_rule(dice, name)
            else:
                told.setdefault(name, []).append((float("nan"), 0.0))  # the next one is another
            alerts.use(tuple(rules.values()))
        alerts.lost(time.monotonic() % 100 < 5)
        alerts._see(some_sight(dice))
    for line in list(voice.lines):
        voice.lines.drop(line, "error")
    await alerts.aclose()
    await alerts.aclose()
