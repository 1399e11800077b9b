"""Laws of alerts, whatever is seen, judged and edited."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path
from typing import Any

import pytest
from livekit.plugins.pressbox.commentator import Line, Lines, SampledFrame, new_line
from livekit.plugins.pressbox.scene import Motion, Scene, Sight

from agent.alerts.alerts import Alerts
from agent.clock.unix_clock import UnixClock
from config.alert_rule import Rule, rule
from config.settings import Settings
from tests.support.fake_rtc import FakeRtc
from tests.support.virtual_time import virtual
from vision.detection import TrackedObject
from vision.tracker import Tracker

SEVERITIES = ("info", "warning", "critical")


class Chance:
    """A commentator whose engine answers, fails or is silent by chance."""

    def __init__(self, dice: random.Random) -> None:
        self.lines = Lines(lambda: time.monotonic())
        self.scene = Scene(Tracker())
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


CAUSES: list[dict[str, Any]] = [
    {"when": "the gate opens"},
    {"when": "a person comes"},
    {"if": {"leaves": "anything"}},
    {"if": {"motion": True}},
    {"if": {"cut": True}},
    {"if": {"source_lost": True}},
    {"if": {"darkness": True}},
]


def some_rule(dice: random.Random, name: str) -> Rule:
    more = {"cool_down": dice.choice([1, 10, 40]), "severity": dice.choice(SEVERITIES)}
    enabled = dice.random() < 0.9
    return rule({"name": name, **dice.choice(CAUSES), **more, "interval": 2, "enabled": enabled})


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


@virtual
@pytest.mark.parametrize("seed", range(4))
async def test_no_two_hits_within_a_cool_down_and_none_of_what_does_not_hold(
    fake_rtc: FakeRtc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    dice = random.Random(seed)
    told: list[str] = []
    rules: dict[str, Rule] = {}
    hits: dict[str, float] = {}
    voice = Chance(dice)
    alerts = Alerts(
        fake_rtc.room(), voice, UnixClock(), Settings(state_dir=tmp_path),
        rules=(), source=lambda: "cam", heard=lambda: dice.random() < 0.5,
        rests=lambda: "behind" if time.monotonic() % 60 < 10 else "",
        change=lambda *_: asyncio.create_task(asyncio.sleep(0)), tell=told.append,
    )  # fmt: skip
    tell, count = alerts._telling.tell, 0

    def hit(one: Rule, text: str, captured: float) -> None:
        nonlocal count
        now, count = time.monotonic(), count + 1
        assert rules[one.name] == one, "it holds, as it is worded now"
        assert one.enabled
        assert text
        assert now - hits.get(one.name, float("-inf")) >= one.cool_down
        hits[one.name] = now
        tell(one, text, captured)

    monkeypatch.setattr(alerts._telling, "tell", hit)
    alerts.start()
    for _ in range(2000):
        await asyncio.sleep(0.25)
        if dice.random() < 0.02:
            name = dice.choice("abcd")
            rules.pop(name, None)
            if dice.random() < 0.8:
                rules[name] = some_rule(dice, name)
            else:
                hits.pop(name, None)  # the next one is another
            alerts.use(tuple(rules.values()))
        alerts.lost(time.monotonic() % 100 < 5)
        alerts._see(some_sight(dice))
    for line in list(voice.lines):
        voice.lines.drop(line, "error")
    await alerts.aclose()
    await alerts.aclose()
    assert count >= 10
    assert not [text for text in told if "failed" in text], "what fails in a task"
