"""Settings changed from the room: applied, answered, kept."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import pytest
from livekit import rtc

from agent.room.control import GET, SET
from config.settings import RoomSettings
from tests.support.fake_rtc import FakeRtc
from tests.support.virtual_time import virtual

from .control_stage import Booth, changed


@virtual
async def test_a_change_is_applied_answered_and_kept(fake_rtc: FakeRtc, tmp_path: Path) -> None:
    room = fake_rtc.room()
    booth = Booth(room, tmp_path)
    assert (await changed(room, delay=4, mode="idle"))["delay"] == 4
    assert (await changed(room, profile="match"))["mode"] == "idle"
    assert [one.profile for one in booth.applied] == ["default", "match"]
    assert json.loads(await room.local.called(GET) or "")["profile"] == "match"
    assert booth.state.load() == {"delay": 4, "mode": "idle", "profile": "match"}
    await booth.control.aclose()
    await booth.control.aclose()
    with pytest.raises(rtc.RpcError):
        await room.local.called(GET)


@pytest.mark.parametrize("payload", ["not json", "[1]", "", "[" * 100_000, '{"delay": 99}'])
@virtual
async def test_what_is_wrong_changes_nothing(
    fake_rtc: FakeRtc, tmp_path: Path, payload: str
) -> None:
    room = fake_rtc.room()
    booth = Booth(room, tmp_path)
    with pytest.raises(rtc.RpcError) as refused:
        await room.local.called(SET, payload)
    assert refused.value.code == 400
    assert (booth.applied, booth.state.load()) == ([], {})
    await booth.control.aclose()


@virtual
async def test_a_wrong_value_is_named(fake_rtc: FakeRtc, tmp_path: Path) -> None:
    room = fake_rtc.room()
    booth = Booth(room, tmp_path)
    with pytest.raises(rtc.RpcError) as refused:
        await changed(room, delay=99)
    problem = json.loads(refused.value.data or "")["problems"][0]
    assert (problem["key"], problem["value"]) == ("delay", "99")
    await booth.control.aclose()


@virtual
async def test_a_change_that_cannot_be_applied_is_not_kept(
    fake_rtc: FakeRtc, tmp_path: Path
) -> None:
    room = fake_rtc.room()
    booth = Booth(room, tmp_path)
    booth.failure = RuntimeError("a bug")
    with pytest.raises(rtc.RpcError):
        await changed(room, delay=4)
    assert (booth.control.settings, booth.state.load()) == (RoomSettings(), {})
    booth.failure = None
    assert (await changed(room, delay=5))["delay"] == 5
    await booth.control.aclose()


@virtual
async def test_of_two_changes_at_once_both_are_applied_and_kept(
    fake_rtc: FakeRtc, tmp_path: Path
) -> None:
    room = fake_rtc.room()
    booth = Booth(room, tmp_path)
    booth.state.gates = [threading.Event()]
    gate = booth.state.gates[0]
    first = asyncio.create_task(changed(room, delay=4))
    await asyncio.sleep(0)
    second = asyncio.create_task(changed(room, mode="idle"))
    threading.Timer(0.05, gate.set).start()
    await asyncio.wait([first, second])
    assert second.result()["delay"] == 4
    assert booth.state.load() == {"delay": 4, "mode": "idle"}
    await booth.control.aclose()


@virtual
async def test_a_caller_who_gives_up_does_not_undo_a_change(
    fake_rtc: FakeRtc, tmp_path: Path
) -> None:
    room = fake_rtc.room()
    booth = Booth(room, tmp_path)
    gate = threading.Event()
    booth.state.gates = [gate]
    first = asyncio.create_task(changed(room, delay=4))
    await asyncio.sleep(0)
    second = asyncio.create_task(changed(room, mode="idle"))
    await asyncio.sleep(0)
    first.cancel()
    threading.Timer(0.05, gate.set).start()
    await asyncio.gather(first, second, return_exceptions=True)
    assert booth.state.load() == {"delay": 4, "mode": "idle"}
    await booth.control.aclose()


@virtual
async def test_leaving_waits_for_what_is_being_saved(fake_rtc: FakeRtc, tmp_path: Path) -> None:
    room = fake_rtc.room()
    booth = Booth(room, tmp_path)
    gate = threading.Event()
    booth.state.gates = [gate]
    first = asyncio.create_task(changed(room, delay=4))
    second = asyncio.create_task(changed(room, mode="idle"))
    while len(booth.applied) < 2:
        await asyncio.sleep(0)
    threading.Timer(0.05, gate.set).start()
    await booth.control.aclose()
    assert booth.state.load() == {"delay": 4, "mode": "idle"}
    await asyncio.wait([first, second])


@virtual
async def test_a_full_disk_is_told_and_the_change_holds(fake_rtc: FakeRtc, tmp_path: Path) -> None:
    room = fake_rtc.room()
    booth = Booth(room, tmp_path)
    booth.state.failure = OSError(28, "No space left on device")
    assert (await changed(room, delay=4))["delay"] == 4
    assert booth.control.settings.delay == 4
    assert len(booth.told) == 1
    assert "No space left" in booth.told[0]
    booth.state.failure = None
    await changed(room, mode="idle")
    await booth.control.aclose()
