"""What the room is told, and when."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from agent.room.status import AGENT_STATE, STATUS, Status, StatusBoard
from tests.support.fake_rtc import STALL, FakeRoom, FakeRtc
from tests.support.virtual_time import virtual


def told(room: FakeRoom) -> dict[str, Any]:
    """What a viewer reads."""
    found: dict[str, Any] = json.loads(room.local_participant.attributes.get(STATUS, "{}"))
    return found


def test_the_worst_is_told_first() -> None:
    wrong = Status(
        trouble="no picture", engine_trouble="refused", remark="10 fps", problems="delay=soon"
    )
    assert wrong.error("too long") == "no picture"
    wrong = replace(wrong, trouble="")
    assert wrong.error("too long") == "refused"
    wrong = replace(wrong, engine_trouble="")
    assert wrong.error("too long") == "too long"
    assert wrong.error("") == "10 fps"
    assert replace(wrong, remark="").error("") == "delay=soon"
    assert Status().error("") == ""


@virtual
async def test_a_change_is_published_once(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    board = StatusBoard(room)
    board.start()
    await asyncio.sleep(10)
    board.status = Status(delay=4.04, source="cam", agent_state="speaking")
    await asyncio.sleep(10)
    assert told(room)["delay"] == 4.0
    assert room.local_participant.attributes[AGENT_STATE] == "speaking"
    assert len(room.local.attributes_set) == 2
    await board.aclose()
    await board.aclose()


@virtual
async def test_a_notice_passes_and_is_logged_once(
    fake_rtc: FakeRtc, caplog: pytest.LogCaptureFixture
) -> None:
    room = fake_rtc.room()
    board = StatusBoard(room)
    board.start()
    board.status = Status(remark="10 fps only")
    for _ in range(3):
        board.tell("too long")
        await asyncio.sleep(14)
        assert told(room)["error"] == "too long"
    await asyncio.sleep(2)
    assert told(room)["error"] == "10 fps only"
    assert caplog.text.count("too long") == 1
    board.tell("too long")
    assert caplog.text.count("too long") == 2
    await board.aclose()


@virtual
async def test_a_room_that_refuses_or_stalls_gets_the_newest_later(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    board = StatusBoard(room)
    fake_rtc.script.next("set_attributes", Exception("permission"), STALL, TimeoutError(), STALL)
    board.start()
    await asyncio.sleep(1)
    board.status = Status(source="late")
    await asyncio.sleep(9)
    assert [json.loads(sent[STATUS])["source"] for _, sent in room.local.attributes_set] == ["late"]
    assert told(room)["error"] == ""
    await board.aclose()


@virtual
async def test_a_room_entered_anew_gets_everything_again(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    board = StatusBoard(room)
    room.on("reconnected", board.forget)
    board.start()
    await asyncio.sleep(1)
    room.lose()
    board.status = Status(source="new")
    await asyncio.sleep(60)
    room.reconnect()
    await asyncio.sleep(1)
    assert told(room)["source"] == "new"
    await board.aclose()


@virtual
async def test_a_board_that_dies_says_so_and_lives_again(
    fake_rtc: FakeRtc, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = fake_rtc.room()
    board = StatusBoard(room)
    with monkeypatch.context() as broken:
        broken.setattr(room, "isconnected", lambda: 1 / 0)
        board.start()
        await asyncio.sleep(0.1)
    await asyncio.sleep(2)
    assert told(room)["error"] == "the status failed (ZeroDivisionError) and starts again"
    await board.aclose()


@virtual
async def test_closing_does_not_wait_for_a_room_that_stalls(fake_rtc: FakeRtc) -> None:
    board = StatusBoard(fake_rtc.room())
    fake_rtc.script.always("set_attributes", STALL)
    board.start()
    await asyncio.sleep(1)
    async with asyncio.timeout(0.1):
        await board.aclose()
