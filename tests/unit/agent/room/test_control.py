"""Settings changed from the room: applied, answered, kept."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import pytest
from livekit import rtc

from agent.room.control import GET, SET
from agent.room.rpc import BAD_REQUEST
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


@pytest.mark.parametrize(
    ("payload", "named"), [("not json", 0), ("[1]", 0), ("[" * 100_000, 0), ('{"delay": 99}', 1)]
)
@virtual
async def test_what_is_wrong_is_named_and_changes_nothing(
    fake_rtc: FakeRtc, tmp_path: Path, payload: str, named: int
) -> None:
    room = fake_rtc.room()
    booth = Booth(room, tmp_path)
    with pytest.raises(rtc.RpcError) as refused:
        await room.local.called(SET, payload)
    assert refused.value.code == BAD_REQUEST
    problems = json.loads(refused.value.data or "{}").get("problems", [])
    assert [(one["key"], one["value"]) for one in problems] == ([("delay", "99")] * named)
    assert (booth.applied, booth.state.load()) == ([], {})
    await booth.control.aclose()


@virtual
async def test_neither_a_caller_who_gives_up_nor_leaving_undoes_a_change(
    fake_rtc: FakeRtc, tmp_path: Path
) -> None:
    room = fake_rtc.room()
    booth = Booth(room, tmp_path)
    gate = threading.Event()
    booth.state.gates = [gate]
    first = asyncio.create_task(changed(room, delay=4))
    await asyncio.sleep(0)
    second = asyncio.create_task(changed(room, mode="idle"))
    while len(booth.applied) < 2:
        await asyncio.sleep(0)
    first.cancel()
    threading.Timer(0.05, gate.set).start()
    await booth.control.aclose()
    assert booth.state.load() == {"delay": 4, "mode": "idle"}
    await asyncio.gather(first, second, return_exceptions=True)


@virtual
async def test_what_a_full_disk_does_not_take_is_told_holds_and_is_saved_with_the_next(
    fake_rtc: FakeRtc, tmp_path: Path
) -> None:
    room = fake_rtc.room()
    booth = Booth(room, tmp_path)
    booth.state.failure = OSError(28, "No space left on device")
    assert (await changed(room, delay=4))["delay"] == 4
    (told,) = booth.told
    assert "No space left" in told
    booth.state.failure = None
    await changed(room, mode="idle")
    assert booth.state.load() == {"delay": 4, "mode": "idle"}
    await booth.control.aclose()
