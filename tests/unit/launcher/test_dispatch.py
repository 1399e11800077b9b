"""The launcher's look after rooms, on a server that fails and rooms that others use."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

from livekit import api

from launcher.dispatch import Dispatcher
from tests.support.virtual_time import virtual

NOTE = '{"pressbox": {"waiting": "all 1 commentators are busy", "why": "busy"}}'


class Server:
    """The server API for rooms that nobody but visitors and agents enters."""

    def __init__(self) -> None:
        self.rooms = {"lobby": api.Room(name="lobby", sid="RM_lobby")}
        self.people: dict[str, list[api.ParticipantInfo]] = {"lobby": []}
        self.dispatched: list[str] = []
        self.faults: list[Exception] = []
        self.ghosts: set[str] = set()
        self.takes = self.asked = self.most = 0
        self.room = self.agent_dispatch = self

    def add(self, name: str, **attributes: str) -> None:
        self.rooms.setdefault(name, api.Room(name=name, sid=f"RM_{name}"))
        kinds = api.ParticipantInfo.Kind
        kind = kinds.AGENT if "lk.agent.name" in attributes else kinds.STANDARD
        one = api.ParticipantInfo(identity=name, sid=f"PA_{name}", attributes=attributes, kind=kind)
        self.people.setdefault(name, []).append(one)

    async def list_rooms(self, _: api.ListRoomsRequest) -> Any:
        if self.faults:
            raise self.faults.pop()
        return SimpleNamespace(rooms=list(self.rooms.values()))

    async def list_participants(self, wanted: api.ListParticipantsRequest) -> Any:
        self.asked += 1
        self.most = max(self.most, self.asked)
        await asyncio.sleep(self.takes / 1000)
        self.asked -= 1
        if wanted.room not in self.people:
            raise api.TwirpError(api.TwirpErrorCode.NOT_FOUND, "closed", status=404)
        return SimpleNamespace(participants=self.people[wanted.room])

    async def update_participant(self, wanted: api.UpdateParticipantRequest) -> None:
        if wanted.identity in self.ghosts:
            await asyncio.sleep(3)
            raise api.TwirpError(api.TwirpErrorCode.UNAVAILABLE, "no response", status=503)

    async def list_dispatch(self, room: str) -> list[api.AgentDispatch]:
        await asyncio.sleep(self.takes / 1000)
        if room in self.ghosts:
            raise api.TwirpError(api.TwirpErrorCode.UNAVAILABLE, "no response", status=503)
        return []

    async def create_dispatch(self, wanted: api.CreateAgentDispatchRequest) -> api.AgentDispatch:
        self.dispatched.append(wanted.room)
        self.add(wanted.room, **{"lk.agent.name": "pressbox"})
        return api.AgentDispatch(id=f"AD_{len(self.dispatched)}")

    async def remove_participant(self, wanted: api.RoomParticipantIdentity) -> None:
        there = self.people[wanted.room]
        self.people[wanted.room] = [one for one in there if one.identity != wanted.identity]

    async def update_room_metadata(self, wanted: api.UpdateRoomMetadataRequest) -> None:
        self.rooms[wanted.room].metadata = wanted.metadata


class Watched:
    """A dispatcher over such a server, and what it has said."""

    def __init__(self) -> None:
        self.server = Server()
        self.said: list[str] = []
        lkapi: Any = self.server
        self.dispatcher = Dispatcher(lkapi, "lobby", self.said.append, limit=1)


@virtual
async def test_a_failure_of_its_own_is_told_and_ends_nothing() -> None:
    watched = Watched()
    watched.server.faults = [KeyError("a bug"), TimeoutError()]
    watched.dispatcher.start()
    await asyncio.wait_for(watched.dispatcher.joined.wait(), 60)
    assert [text for text in watched.said if "KeyError" in text] != []
    await watched.dispatcher.aclose()
    await watched.dispatcher.aclose()


@virtual
async def test_many_rooms_of_a_slow_server_are_all_seen_and_it_is_not_flooded() -> None:
    watched = Watched()
    server = watched.server
    server.takes = 20
    server.rooms["closed"] = api.Room(name="closed")
    for count in range(500):
        server.add(f"room-{count}")
    server.add("ours", **{"pressbox.wish": "{}"})
    watched.dispatcher.workers(1, 1, 2)
    watched.dispatcher.start()
    await asyncio.sleep(10)
    assert sorted(server.dispatched) == ["lobby", "ours"]
    assert server.most <= 16
    await watched.dispatcher.aclose()


@virtual
async def test_rooms_without_a_place_are_told_once_and_others_notes_are_left() -> None:
    watched = Watched()
    server = watched.server
    server.rooms["theirs"] = api.Room(name="theirs", sid="RM_theirs", metadata="their own")
    for name in ("ours", "theirs"):
        server.add(name, **{"pressbox.wish": "{}"})
    watched.dispatcher.start()
    await asyncio.sleep(60)
    assert server.dispatched == ["lobby"]
    assert [server.rooms[name].metadata for name in ("lobby", "ours", "theirs")] == [
        "",
        NOTE,
        "their own",
    ]
    assert len([text for text in watched.said if "waits" in text]) == 2
    await watched.dispatcher.aclose()


@virtual
async def test_a_commentator_that_has_stopped_is_told_from_one_that_was_never_there() -> None:
    watched = Watched()
    server = watched.server
    server.rooms["lobby"].metadata = '{"pressbox": {"waiting": "of a launcher before this one"}}'
    watched.dispatcher.start()
    await asyncio.wait_for(watched.dispatcher.joined.wait(), 60)
    await asyncio.sleep(5)
    assert server.rooms["lobby"].metadata == ""
    watched.dispatcher.worker_lost()
    await asyncio.sleep(30)
    assert json.loads(server.rooms["lobby"].metadata)["pressbox"]["why"] == "stopped"
    watched.dispatcher.worker_ready()
    await asyncio.sleep(30)
    assert server.rooms["lobby"].metadata == ""
    assert server.dispatched == ["lobby", "lobby"]
    await watched.dispatcher.aclose()


@virtual
async def test_an_agent_that_a_lost_server_has_left_in_redis_keeps_nobody_out() -> None:
    watched = Watched()
    server = watched.server
    server.add("old", **{"lk.agent.name": "pressbox"})
    server.people["lobby"] = server.people.pop("old")
    del server.rooms["old"]
    watched.dispatcher.start()
    await asyncio.sleep(5)
    assert server.dispatched == []
    server.rooms["left"] = api.Room(name="left")
    server.people["left"] = []
    server.faults, server.ghosts = [TimeoutError()], {"old", "left"}
    await asyncio.sleep(10)
    assert server.dispatched == ["lobby"]
    await asyncio.sleep(60)
    assert server.dispatched == ["lobby"]
    await watched.dispatcher.aclose()
