"""Who stays where two booths meet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from livekit import rtc

from agent.room.only_booth import PATIENCE, OnlyBooth
from tests.support.virtual_time import virtual


def somebody(identity: str, joined: float, **more: Any) -> Any:
    return SimpleNamespace(
        identity=identity,
        sid=f"PA_{identity}",
        joined_at=SimpleNamespace(timestamp=lambda: joined),
        kind=more.get("kind", rtc.ParticipantKind.PARTICIPANT_KIND_AGENT),
        attributes={"lk.agent.name": more.get("name", "pressbox")},
    )


class MeetingRoom:
    """A room whose other participants answer, or do not, as the test says."""

    def __init__(self, joined: float) -> None:
        self.name = "studio"
        self.local_participant = somebody("me", joined)
        self.local_participant.perform_rpc = self._rpc
        self.remote_participants: dict[str, Any] = {}
        self.answers: dict[str, Callable[[], None]] = {}

    def comes(self, identity: str, joined: float, **more: Any) -> None:
        self.remote_participants[identity] = somebody(identity, joined, **more)

    async def _rpc(self, *, destination_identity: str, **_: object) -> str:
        await asyncio.sleep(0.01)
        if destination_identity not in self.answers:
            await asyncio.sleep(60)
        self.answers[destination_identity]()
        return ""


def refuses(code: int) -> Callable[[], None]:
    def answer() -> None:
        raise rtc.RpcError(code, "refused")

    return answer


class Watched:
    """An OnlyBooth in such a room, and whether it has left."""

    def __init__(self, joined: float = 10.0) -> None:
        self.room = MeetingRoom(joined)
        self.left: list[str] = []
        self.only = OnlyBooth(self.room, self.left.append)  # type: ignore[arg-type]


UNSUPPORTED = refuses(rtc.RpcError.ErrorCode.UNSUPPORTED_METHOD)


@virtual
async def test_one_that_is_alone_begins_at_once() -> None:
    watched, loop = Watched(), asyncio.get_running_loop()
    watched.room.comes("visitor", 1.0, kind=rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD)
    watched.room.comes("other agent", 1.0, name="other")
    watched.room.comes("younger", 11.0)
    began = loop.time()
    assert await watched.only.alone()
    assert loop.time() == began
    await asyncio.sleep(60)
    await watched.only.aclose()
    await watched.only.aclose()
    assert watched.left == []


@pytest.mark.parametrize("fault", [None, 1501, 1502, "bare"])
@virtual
async def test_a_ghost_is_waited_for_but_not_for_ever(fault: int | str | None) -> None:
    watched, loop = Watched(), asyncio.get_running_loop()
    watched.room.comes("ghost", 9.0)
    if isinstance(fault, int):
        watched.room.answers["ghost"] = refuses(fault)
    elif fault is not None:

        def bare() -> None:
            raise Exception("InvalidState")

        watched.room.answers["ghost"] = bare
    began = loop.time()
    assert await watched.only.alone()
    assert PATIENCE <= loop.time() - began < PATIENCE + 5
    assert watched.left == []
    await watched.only.aclose()


@virtual
async def test_one_that_was_taken_for_dead_and_is_not_has_its_place_back() -> None:
    watched = Watched()
    watched.room.comes("older", 9.0)
    assert await watched.only.alone()
    watched.room.answers["older"] = UNSUPPORTED
    await asyncio.sleep(10)
    assert len(watched.left) == 1
    await watched.only.aclose()


@virtual
async def test_one_that_comes_back_from_a_lost_connection_comes_as_the_younger() -> None:
    watched = Watched()
    assert await watched.only.alone()
    watched.room.comes("meanwhile", 20.0)
    watched.room.answers["meanwhile"] = UNSUPPORTED
    await asyncio.sleep(10)
    assert watched.left == []
    watched.room.local_participant.joined_at.timestamp = lambda: 30.0
    await asyncio.sleep(10)
    assert len(watched.left) == 1
    await watched.only.aclose()
