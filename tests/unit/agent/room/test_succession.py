"""A booth that follows another one, whatever becomes of that one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from livekit import rtc

from agent.room.succession import READY_LIMIT, STAY, YIELD, YIELD_LIMIT, Turn, Yielding
from tests.support.fake_rtc import FakeRtc
from tests.support.virtual_time import virtual
from tests.unit.agent.room.test_only_booth import MeetingRoom, refuses


def broken() -> None:
    raise Exception("InvalidState")


@pytest.mark.parametrize(
    ("older", "wait"),
    [
        (lambda: None, 0.1),
        (refuses(rtc.RpcError.ErrorCode.UNSUPPORTED_METHOD), 0.1),
        (broken, 0.1),
        (None, YIELD_LIMIT + 2),
    ],
    ids=["yields", "refuses", "broken", "hangs"],
)
@virtual
async def test_its_turn_comes(older: Callable[[], None] | None, wait: float) -> None:
    room, loop = MeetingRoom(10.0), asyncio.get_running_loop()
    room.comes("older", 9.0)
    if older:
        room.answers["older"] = older
    turn = Turn(room, "older")  # type: ignore[arg-type]
    turn.start()
    await asyncio.sleep(1.0)
    assert not turn.come.is_set()
    began = loop.time()
    await turn.take()
    assert loop.time() - began < wait
    await turn.aclose()


@virtual
async def test_who_has_nothing_to_say_takes_the_room_too() -> None:
    room = MeetingRoom(10.0)
    turn = Turn(room, "older, who has gone")  # type: ignore[arg-type]
    turn.start()
    await asyncio.sleep(READY_LIMIT + 0.1)
    assert turn.come.is_set()
    await turn.aclose()


async def test_only_a_commentator_takes_the_place_of_one(fake_rtc: FakeRtc) -> None:
    room, left = fake_rtc.room(), list[str]()

    async def finish() -> None:
        raise AssertionError("it was silenced")

    yielding = Yielding(room, finish, left.append, left.append)
    yielding.start()
    room.join("anybody")
    with pytest.raises(rtc.RpcError, match="only another commentator"):
        await room.local.called(YIELD, caller="anybody")
    await yielding.aclose()
    assert left == []


@virtual
async def test_who_cannot_end_a_line_leaves_all_the_same() -> None:
    room, left = MeetingRoom(10.0), list[str]()
    room.comes("younger", 11.0)
    yielding = Yielding(room, asyncio.Event().wait, left.append, left.append)  # type: ignore[arg-type]
    call = rtc.RpcInvocationData("RQ", "younger", "", 15.0, method=YIELD)
    assert await yielding._on_yield(call) == ""
    await asyncio.sleep(STAY + 0.1)
    assert len(left) == 1
    await yielding.aclose()
