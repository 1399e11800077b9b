"""Settings changed by orders, taken back, and decided by schedule and profiles."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.room.control import LOOK_EVERY, Control
from config import profiles
from config.settings import RoomSettings
from tests.support.fake_rtc import FakeRtc
from tests.support.virtual_time import virtual

from .control_stage import Booth, changed


@pytest.fixture
def own_profiles(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "profiles"
    folder.mkdir()
    profiles.use(folder)
    yield folder
    profiles.use(None)


@virtual
async def test_null_forgets_a_change_and_leads_back_to_the_start(
    fake_rtc: FakeRtc, tmp_path: Path
) -> None:
    room = fake_rtc.room()
    base = RoomSettings().updated({"mode": "idle", "delay": 7})
    booth = Booth(room, tmp_path, base)
    await changed(room, mode="active", focus="the dog")
    assert (await changed(room, mode=None, delay=None, focus=None))["mode"] == "idle"
    assert (booth.control.settings, booth.state.load()) == (base, {})
    await booth.control.aclose()
    again = Booth(fake_rtc.room(), tmp_path, base)
    assert again.control.settings == base
    await again.control.aclose()


@virtual
async def test_undo_leads_back_one_change_after_another(fake_rtc: FakeRtc, tmp_path: Path) -> None:
    room = fake_rtc.room()
    booth = Booth(room, tmp_path, RoomSettings(delay=3))
    control = booth.control
    nothing = control.order("undo", "viewer")
    await changed(room, focus="the dog", delay=5)
    control.order("talk about the cat", "viewer")
    assert control.order("undo", "viewer") not in (None, nothing)
    assert (control.settings.focus, control.settings.delay) == ("the dog", 5)
    control.order("as before", "somebody else")
    assert control.settings == RoomSettings(delay=3)
    assert control.order("undo", "viewer") == nothing
    await control.aclose()
    assert booth.state.load() == {}


@virtual
async def test_a_flood_of_orders_waits_for_one_saving(fake_rtc: FakeRtc, tmp_path: Path) -> None:
    booth = Booth(fake_rtc.room(), tmp_path)
    gate = threading.Event()
    booth.state.gates = [gate]
    tasks = {booth.control.change({"delay": number % 30}, "viewer") for number in range(500)}
    assert len(tasks) <= 2
    gate.set()
    await booth.control.aclose()
    assert booth.state.load() == {"delay": 499 % 30}


MONDAY = 1_700_463_600.0
"""20 November 2023, 07:00 UTC."""
HOUR = 3600.0


def mode(control: Control) -> str:
    return control.mode


@virtual
async def test_the_schedule_decides_until_somebody_orders(
    fake_rtc: FakeRtc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.room.control.LOOK_EVERY", 1e6)
    room = fake_rtc.room()
    booth = Booth(room, tmp_path)
    control = booth.control
    await asyncio.sleep(MONDAY - time.time())
    await changed(room, schedule="mon-fri 8-18 UTC")
    assert mode(control) == "idle"
    await asyncio.sleep(1.5 * HOUR)
    assert mode(control) == "active"
    control.order("stop", "viewer")
    await asyncio.sleep(HOUR)
    assert mode(control) == "idle"
    await control.aclose()
    again = Booth(fake_rtc.room(), tmp_path).control
    assert mode(again) == "idle", "the order is kept over a restart"
    await asyncio.sleep(9 * HOUR)  # 18:30: closed, and the order is forgotten
    again.order("go on", "viewer")
    assert mode(again) == "active"
    await asyncio.sleep(14 * HOUR)  # 8:30
    assert mode(again) == "active"
    again.order("stop", "viewer")
    await again.aclose()
    await asyncio.sleep(24 * HOUR)
    late = Booth(fake_rtc.room(), tmp_path).control
    assert mode(late) == "active", "an order of yesterday is no order for today"
    await late.aclose()


@virtual
async def test_a_profile_that_is_edited_is_gone_by_and_a_bad_one_told(
    fake_rtc: FakeRtc, tmp_path: Path, own_profiles: Path
) -> None:
    room = fake_rtc.room()
    booth = Booth(room, tmp_path)
    mine = own_profiles / "mine.yaml"
    mine.write_text("about: Mine.\nprompt: First.\n")
    await changed(room, profile="mine")  # at once
    mine.write_text("about: Mine.\nprompt: Second, longer.\n")
    (own_profiles / "bad.yaml").write_text("about: [\n")
    await asyncio.sleep(2 * LOOK_EVERY)
    assert booth.applied[-1].effective().prompt == "Second, longer."
    assert [line.split(": ")[1] for line in booth.told] == ["bad.yaml, line 2"]
    applied = len(booth.applied)
    await asyncio.sleep(10 * LOOK_EVERY)
    assert (len(booth.applied), len(booth.told)) == (applied, 1)
    await booth.control.aclose()
