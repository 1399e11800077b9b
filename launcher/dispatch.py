"""Keeps the agent in its rooms.

livekit-server 1.13.5 launches a dispatch once, at its creation, on a worker that is registered at
that moment. It stores `restart_policy` but does nothing with it: a dispatch made before a worker
registers stays without a job, the participant of a killed worker stays in the room as a ghost for
about 20 s, and a restarted server has forgotten all dispatches while the agent itself comes back.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Literal

from livekit import api

from config.agent_name import AGENT_NAME
from config.server_api import ERRORS
from config.tasks import Tasks
from launcher.ghosts import GONE, Ghosts
from launcher.waiting_rooms import RoomView, WaitingRooms, view_of

_TICK = 0.3
_SLOW_TICK = 1.5
_AT_ONCE = 16
"""Rooms that the server is asked about at a time."""
_RETURN_LIMIT = 12.0
"""Seconds in which agents come back to a server that was restarted."""

_OURS = '{"pressbox": {"waiting": '
STOPPED = "the commentator has stopped, another one comes"


class Dispatcher:
    """Looks at the rooms all the time and sends the agent where it is wanted.

    `joined` is set while one is in the default room. With a limit, every room of the server is
    looked after, not the default room only. That is only right where all workers of the server are
    this launcher's; the limit is what they take together.
    """

    def __init__(
        self, lkapi: api.LiveKitAPI, room: str, say: Callable[[str], None], *, limit: int | None
    ) -> None:
        self._api = lkapi
        self._room = room
        self._say = say
        self._limit = limit
        self._waiting = WaitingRooms(room, limit)
        self._ghosts = Ghosts(lkapi)
        self._told: set[str] = set()
        self._worker_up = True
        self._all_are_ghosts = False
        self._grace_until = 0.0
        self.joined = asyncio.Event()
        self._tasks = Tasks(say)

    def start(self) -> None:
        """Begins to look after the rooms; a worker must be registered by then."""
        self._tasks.keep("the look after the rooms", self._run)

    async def aclose(self) -> None:
        """Stops looking; the agents stay. Safe to call again."""
        await self._tasks.aclose()

    def workers(self, before: int, now: int, places: int) -> None:
        """So many workers are ready now, with so many places each; for a launcher that does not
        start them itself. Agents that are still seen may be theirs, or come back to the server.
        """
        self._worker_up = now > 0
        if now:
            self._limit = now * places
            self._waiting.take(self._limit)
        if now > before:
            self._waiting.worker_ready()

    def worker_lost(self) -> None:
        """The worker has ended: nothing can be dispatched, and agents still seen are ghosts."""
        self._worker_up = False
        self._all_are_ghosts = self._limit is not None
        self._grace_until = 0.0
        self._waiting.worker_lost()

    def worker_ready(self) -> None:
        """The worker has registered with the server."""
        self._worker_up = True
        self._all_are_ghosts = False
        self._waiting.worker_ready()

    def server_lost(self) -> None:
        """The server has ended: agents that run will come back to it by themselves."""
        self._grace_until = time.monotonic() + _RETURN_LIMIT
        self._waiting.forget()

    async def participant_present(self, identity: str) -> bool:
        """Whether the default room has this participant, with a track; False when in doubt."""
        try:
            async with asyncio.timeout(3.0):
                return identity in (await self._look([self._room]))[self._room].others
        except ERRORS:
            return False

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(20.0):
                    await self._tick()
            except ERRORS:
                self._ghosts.forget()  # the server is away or restarting; its own child says so
            await asyncio.sleep(_SLOW_TICK if self.joined.is_set() else _TICK)

    async def _tick(self) -> None:
        views = await self._look([] if self._limit is not None else [self._room])
        if self._all_are_ghosts:
            await self._remove_agents(views)
            self._all_are_ghosts = False
            return
        self._tell_own_room(joined=bool(views[self._room].agents))
        ready = self._waiting.look(views, time.monotonic())
        await self._tell_waiting(views)
        if not self._worker_up or time.monotonic() < self._grace_until:
            return
        for room in ready:
            await self._dispatch(room, views[room])

    async def _look(self, names: list[str]) -> dict[str, RoomView]:
        """The rooms of these names, all for []; the default room is always there."""
        listed = await self._api.room.list_rooms(api.ListRoomsRequest(names=names))
        self._ghosts.forget_old()
        gate = asyncio.Semaphore(_AT_ONCE)
        try:
            async with asyncio.TaskGroup() as group:
                looks = {
                    room.name: group.create_task(self._view(room, gate)) for room in listed.rooms
                }
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed
        found = {name: view for name, look in looks.items() if (view := look.result())}
        return {self._room: RoomView()} | found

    async def _view(self, room: api.Room, gate: asyncio.Semaphore) -> RoomView | None:
        """None for a room that was closed a moment ago, or that redis lists and no server has."""
        try:
            async with gate:
                wanted = api.ListParticipantsRequest(room=room.name)
                found = await self._api.room.list_participants(wanted)
                people = await self._ghosts.without(room.name, found.participants)
                dispatches = await self._api.agent_dispatch.list_dispatch(room.name)
        except api.TwirpError as error:
            if error.code not in GONE:
                raise
            return None
        return view_of(room, people, dispatches)

    async def _remove_agents(self, views: dict[str, RoomView]) -> None:
        for room, view in views.items():
            for identity in view.agents:
                await self._api.room.remove_participant(
                    api.RoomParticipantIdentity(room=room, identity=identity)
                )

    def _tell_own_room(self, *, joined: bool) -> None:
        if joined == self.joined.is_set():
            return
        if joined:
            self.joined.set()
        else:
            self.joined.clear()
        self._say(f"the agent {'is in' if joined else 'has left'} room {self._room}")

    async def _tell_waiting(self, views: dict[str, RoomView]) -> None:
        """Rooms without a place, and those whose commentator has stopped, are told so in their
        metadata, unless somebody else uses that.
        """
        text = f"all {self._limit} commentators are busy"
        for room in self._waiting.full:
            if room not in self._told:
                self._say(f"room {room} waits: {text} (AGENT_LOAD_LIMIT)")
        for room in self._told & views.keys() - set(self._waiting.full):
            self._say(f"room {room} waits no longer")
        self._told = set(self._waiting.full)
        notes = dict.fromkeys(self._waiting.bereft, _note("stopped", STOPPED))
        notes |= dict.fromkeys(self._told, _note("busy", text))
        for room, view in views.items():
            note = notes.get(room, "")
            if view.note != note and (not view.note or view.note.startswith(_OURS)):
                wanted = api.UpdateRoomMetadataRequest(room=room, metadata=note)
                await self._api.room.update_room_metadata(wanted)

    async def _dispatch(self, room: str, view: RoomView) -> None:
        for old, _ in view.dispatches:
            await self._api.agent_dispatch.delete_dispatch(old, room)
        order = await self._api.agent_dispatch.create_dispatch(
            api.CreateAgentDispatchRequest(agent_name=AGENT_NAME, room=room, metadata=view.metadata)
        )
        self._waiting.dispatched(room, order.id, time.monotonic())


def _note(why: Literal["busy", "stopped"], text: str) -> str:
    """A room's metadata: why it waits, for programs and in words."""
    return json.dumps({"pressbox": {"waiting": text, "why": why}})
