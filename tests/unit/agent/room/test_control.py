"""Settings changed from the room: applied, answered, kept."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from livekit import rtc

from agent.room.chosen import choose
from agent.room.control import GET, LOOK_EVERY, SET, Control
from config import profiles
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


@pytest.fixture
def own_profiles(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "profiles"
    folder.mkdir()
    profiles.use(folder)
    yield folder
    profiles.use(None)


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
async def test_an_order_changes_settings_and_is_kept(fake_rtc: FakeRtc, tmp_path: Path) -> None:
    booth = Booth(fake_rtc.room(), tmp_path)
    control = booth.control
    assert control.order("What is this?", "viewer") is None
    assert control.order("Talk about the dog and be brief.", "viewer")
    assert (control.settings.focus, control.settings.length) == ("the dog", "brief")
    assert "Deutsch" in (control.order("speak German", "viewer") or "")
    assert control.order("what can you do?", "viewer")
    assert booth.silenced == []
    assert control.order("stop", "viewer")
    assert (control.mode, booth.silenced) == ("idle", [True])
    await control.aclose()
    kept = {"focus": "the dog", "length": "brief", "language": "de", "mode": "idle"}
    assert booth.state.load() == kept
    assert booth.applied[-1].model_dump(include=set(kept)) == kept


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


@virtual
async def test_what_a_full_disk_did_not_take_is_saved_with_the_next_change(
    fake_rtc: FakeRtc, tmp_path: Path
) -> None:
    room = fake_rtc.room()
    booth = Booth(room, tmp_path)
    booth.state.failure = OSError(28, "No space left on device")
    await changed(room, delay=4)
    booth.state.failure = None
    await changed(room, mode="idle")
    assert booth.state.load() == {"delay": 4, "mode": "idle"}
    await booth.control.aclose()


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
async def test_a_clock_that_is_put_on_and_back_is_believed(
    fake_rtc: FakeRtc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = fake_rtc.room()
    control = Booth(room, tmp_path).control
    await changed(room, schedule="mon-fri 8-18 UTC")
    for hour, expected in ((1.5, "active"), (0.5, "idle"), (12, "idle"), (2, "active")):
        monkeypatch.setattr(time, "time", lambda hour=hour: MONDAY + hour * HOUR)
        assert control.mode == expected
    await control.aclose()


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
