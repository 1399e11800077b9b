"""What the room is told, and when."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from agent.room.status import AGENT_STATE, STATUS, Status, StatusBoard
from tests.support.fake_rtc import STALL, FakeRoom, FakeRtc
from tests.support.virtual_time import virtual


def told(room: FakeRoom) -> dict[str, Any]:
    """What a viewer reads."""
    found: dict[str, Any] = json.loads(room.local_participant.attributes.get(STATUS, "{}"))
    return found


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
