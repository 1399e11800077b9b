"""Keeps the agent in its rooms.

livekit-server 1.13.5 launches a dispatch once, at its creation, on a worker that is registered at
that moment. It stores `restart_policy` but does nothing with it: a dispatch made before a worker
registers stays without a job, the job of a killed worker stays "running", its participant stays
in the room as a ghost for about 20 s, and a restarted server has forgotten all dispatches while the
agent itself comes back. So presence in the room is what counts here, not the list of dispatches.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp
from livekit import api

AGENT_NAME = "pressbox"
_TICK = 0.3
_SLOW_TICK = 1.5
_JOIN_LIMIT = 4.0
_LONGEST_JOIN = 60.0
_RETURN_LIMIT = 12.0
ERRORS = (api.TwirpError, aiohttp.ClientError, TimeoutError, OSError)


@dataclass(slots=True)
class _Wait:
    """A dispatch that was made and whose agent has not been seen yet."""

    until: float = 0.0
    limit: float = _JOIN_LIMIT


@dataclass(slots=True)
class RoomView:
    """One look at a room: agents of ours (identities, oldest first) and our dispatches."""

    agents: list[str] = field(default_factory=list)
    dispatches: list[api.AgentDispatch] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


class Dispatcher:
    """Looks at the default room all the time and sees to it that exactly one agent is there.

    `joined` is set while one is.

    With every_room it also dispatches again in other rooms, which somebody else chose, when their
    agent was lost. That is only right where all workers of the server are this launcher's.
    """

    def __init__(
        self, lkapi: api.LiveKitAPI, room: str, say: Callable[[str], None], *, every_room: bool
    ) -> None:
        self._api = lkapi
        self._room = room
        self._say = say
        self._every_room = every_room
        self._waits: dict[str, _Wait] = {}
        self._worker_up = True
        self._ghosts = False
        self._grace_until = 0.0
        self.joined = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to look after the rooms; a worker must be registered by then."""
        self._task = asyncio.create_task(self._run(), name="dispatcher")

    async def aclose(self) -> None:
        """Stops looking; the agents stay. Safe to call again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def worker_lost(self) -> None:
        """The worker has ended: nothing can be dispatched, and agents still seen are ghosts."""
        self._worker_up = False
        self._ghosts = self._every_room
        self._grace_until = 0.0

    def worker_ready(self) -> None:
        """The worker has registered with the server."""
        self._worker_up = True
        self._waits.clear()

    def server_lost(self) -> None:
        """The server has ended: agents that run will come back to it by themselves."""
        self._grace_until = time.monotonic() + _RETURN_LIMIT

    async def participant_present(self, identity: str) -> bool:
        """Whether the default room has this participant, with a track; False when in doubt."""
        try:
            async with asyncio.timeout(3.0):
                return identity in (await self._look(self._room)).others
        except ERRORS:
            return False

    async def _look(self, room: str) -> RoomView:
        view = RoomView()
        known = await self._api.room.list_rooms(api.ListRoomsRequest(names=[room]))
        if not known.rooms:
            return view
        found = await self._api.room.list_participants(api.ListParticipantsRequest(room=room))
        for info in sorted(found.participants, key=lambda info: info.joined_at_ms):
            if _is_ours(info):
                view.agents.append(info.identity)
            elif info.tracks:
                view.others.append(info.identity)
        dispatches = await self._api.agent_dispatch.list_dispatch(room)
        view.dispatches = [entry for entry in dispatches if entry.agent_name == AGENT_NAME]
        view.dispatches.sort(key=lambda entry: entry.state.created_at)
        return view

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(20.0):
                    await self._tick()
            except ERRORS:
                pass  # the server is away or restarting; its own child says so
            await asyncio.sleep(_SLOW_TICK if self.joined.is_set() else _TICK)

    async def _tick(self) -> None:
        rooms = {self._room}
        if self._every_room:
            listed = await self._api.room.list_rooms(api.ListRoomsRequest())
            rooms |= {room.name for room in listed.rooms}
        if self._ghosts:
            await self._remove_ghosts(rooms)
            self._ghosts = False
        for room in sorted(rooms):
            await self._see_to(room)
        self._waits = {room: wait for room, wait in self._waits.items() if room in rooms}

    async def _remove_ghosts(self, rooms: set[str]) -> None:
        for room in rooms:
            for identity in (await self._look(room)).agents:
                await self._remove(room, identity)

    async def _see_to(self, room: str) -> None:
        view = await self._look(room)
        if view.agents:
            self._waits.pop(room, None)
            await self._only_one(room, view)
            self._tell(room, joined=True)
        elif room == self._room or _lost(view):
            self._tell(room, joined=False)
            await self._dispatch_again(room, view)

    def _tell(self, room: str, *, joined: bool) -> None:
        if room != self._room or joined == self.joined.is_set():
            return
        if joined:
            self.joined.set()
        else:
            self.joined.clear()
        self._say(f"the agent {'is in' if joined else 'has left'} room {room}")

    async def _only_one(self, room: str, view: RoomView) -> None:
        """Of several agents the newest stays: somebody has just asked for it."""
        for identity in view.agents[:-1]:
            self._say(f"room {room} had two agents; {identity} leaves")
            for entry in view.dispatches:
                if identity in {job.state.participant_identity for job in entry.state.jobs}:
                    await self._api.agent_dispatch.delete_dispatch(entry.id, room)
            await self._remove(room, identity)

    async def _dispatch_again(self, room: str, view: RoomView) -> None:
        wait = self._waits.setdefault(room, _Wait())
        if not self._worker_up or time.monotonic() < max(wait.until, self._grace_until):
            return
        for entry in view.dispatches:
            await self._api.agent_dispatch.delete_dispatch(entry.id, room)
        metadata = view.dispatches[-1].metadata if view.dispatches else ""
        await self._api.agent_dispatch.create_dispatch(
            api.CreateAgentDispatchRequest(agent_name=AGENT_NAME, room=room, metadata=metadata)
        )
        wait.until = time.monotonic() + wait.limit
        wait.limit = min(wait.limit * 2, _LONGEST_JOIN)

    async def _remove(self, room: str, identity: str) -> None:
        await self._api.room.remove_participant(
            api.RoomParticipantIdentity(room=room, identity=identity)
        )


def _is_ours(info: api.ParticipantInfo) -> bool:
    agent = info.kind == api.ParticipantInfo.Kind.AGENT
    return agent and info.attributes.get("lk.agent.name") == AGENT_NAME


def _lost(view: RoomView) -> bool:
    """A dispatch of somebody's whose agent is gone, though nobody ended its job."""
    if not view.dispatches:
        return False
    jobs = view.dispatches[-1].state.jobs
    return all(job.state.status != api.JobStatus.JS_SUCCESS for job in jobs)
