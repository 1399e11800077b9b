"""Settings changed from the room: applied, answered, kept."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from livekit import rtc

from agent.room.chosen import choose
from agent.room.control import GET, SET, Control
from config.room_state import RoomState
from config.settings import RoomSettings
from tests.support.fake_rtc import FakeRoom, FakeRtc
from tests.support.virtual_time import virtual


class SlowState(RoomState):
    """A disk on which each saving waits for its gate, if it has one."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, "studio")
        self.gates: list[threading.Event] = []
        self.failure: OSError | None = None

    def save(self, changes: Mapping[str, object]) -> None:
        if self.gates:
            self.gates.pop(0).wait(20)
        if self.failure:
            raise self.failure
        super().save(changes)


class Booth:
    """Writes down what is applied and told."""

    def __init__(self, room: FakeRoom, directory: Path, base: RoomSettings | None = None) -> None:
        self.state = SlowState(directory)
        self.silenced: list[bool] = []
        self.applied: list[RoomSettings] = []
        self.told: list[str] = []
        self.failure: Exception | None = None
        self.control = Control(
            room,
            choose(base or RoomSettings(), "", self.state.load()),
            self.state,
            apply=self._apply,
            silence=lambda: self.silenced.append(True),
            tell=self.told.append,
        )
        self.control.start()

    def _apply(self, settings: RoomSettings) -> None:
        if self.failure:
            raise self.failure
        self.applied.append(settings)


async def changed(room: FakeRoom, **changes: object) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(await room.local.called(SET, json.dumps(changes)) or "")
    return answer


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
def test_what_is_wrong_changes_nothing(fake_rtc: FakeRtc, tmp_path: Path, payload: str) -> None:
    @virtual
    async def run() -> None:
        room = fake_rtc.room()
        booth = Booth(room, tmp_path)
        with pytest.raises(rtc.RpcError) as refused:
            await room.local.called(SET, payload)
        assert refused.value.code == 400
        assert (booth.applied, booth.state.load()) == ([], {})
        await booth.control.aclose()

    run()


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
