"""Commentary around a marked picture; and what is told for a while."""

from __future__ import annotations

import asyncio
import time
from typing import cast

import pytest

from agent.clock.booth_pacer import BoothPacer
from agent.clock.display_clock import DisplayClock
from agent.picture.silence import Silence
from agent.plugin.realtime import RealtimeSession
from agent.room.notice import SHOWN, Notice

DELAY = 0.2


class Plugin:
    """Writes down what it is told, and when."""

    def __init__(self) -> None:
        self.told: list[tuple[str, float]] = []

    def pause(self) -> None:
        self.told.append(("pause", time.monotonic()))

    def resume(self) -> None:
        self.told.append(("resume", time.monotonic()))

    def reset_window(self) -> None:
        self.told.append(("reset", time.monotonic()))


def made() -> tuple[Silence, BoothPacer, Plugin]:
    clock, plugin = DisplayClock(DELAY), Plugin()
    pacer = BoothPacer(clock, pause=0.1, delay_max=5)
    pacer.set_open(True)
    return Silence(clock, pacer, lambda: cast(RealtimeSession, plugin)), pacer, plugin


async def test_what_is_ready_may_begin_until_the_mark_is_on_display() -> None:
    silence, pacer, plugin = made()
    began = time.monotonic()
    silence.begin(began)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pacer.next_anchor(), DELAY / 4)
    assert plugin.told == [], "a line about a true picture is not dropped"
    async with asyncio.timeout(5):
        while not plugin.told:
            await asyncio.sleep(0.01)
    assert plugin.told[0][0] == "pause"
    assert plugin.told[0][1] >= began + DELAY
    silence.end()
    assert [what for what, _ in plugin.told] == ["pause", "resume", "reset"]
    await silence.aclose()


async def test_a_short_gap_pauses_nothing() -> None:
    silence, _, plugin = made()
    silence.begin(time.monotonic())
    silence.end()
    await asyncio.sleep(2 * DELAY)
    assert [what for what, _ in plugin.told] == ["resume", "reset"]
    await silence.aclose()
    await silence.aclose()


async def test_closing_does_not_wait_for_the_mark() -> None:
    silence, _, plugin = made()
    silence.begin(time.monotonic() + 3600)
    async with asyncio.timeout(5):
        await silence.aclose()
    assert plugin.told == []


def test_a_notice_passes(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    told = Notice()
    assert told.text == ""
    told.tell("too long")
    told.tell("too long")
    assert told.text == "too long"
    assert caplog.text.count("too long") == 1
    now = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now + SHOWN + 1)
    assert told.text == ""
    told.tell("too long")
    assert caplog.text.count("too long") == 2
