"""`python -m agent` without the launcher: its options, its places, and one booth a room."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from livekit import api

from config.room_state import RoomState
from tests.peers.program import Program
from tests.support.engine_script import Repeat
from tests.support.livekit_server import LiveKitServer
from tests.support.ports import free_port
from tests.support.scripted_engine import scripted_engine
from tests.support.viewer_probe import watching

pytestmark = pytest.mark.timeout(120)

PATIENCE = 40.0


class Worker:
    """A started worker and what it has said."""

    def __init__(self, program: Program, server: LiveKitServer) -> None:
        self.program = program
        self._server = server

    def said(self, text: str) -> int:
        """In how many lines."""
        return sum(text in line for line in self.program.log.splitlines())

    async def until(self, happened: Callable[[], Awaitable[bool]], *, every: float = 0.1) -> None:
        end = time.monotonic() + PATIENCE
        while not await happened():
            if time.monotonic() > end or not self.program.running:
                pytest.fail("it did not happen; the worker said:\n" + self.program.log)
            await asyncio.sleep(every)

    async def until_said(self, text: str) -> None:
        await self.program.until_said(text, PATIENCE)

    async def dispatch(self, room: str, metadata: str = "") -> None:
        request = api.CreateAgentDispatchRequest(
            agent_name="pressbox", room=room, metadata=metadata
        )
        async with self._server.api() as lkapi:
            await lkapi.agent_dispatch.create_dispatch(request)

    async def dispatches(self, room: str) -> list[str]:
        async with self._server.api() as lkapi:
            listed = await lkapi.agent_dispatch.list_dispatch(room)
        return [entry.metadata for entry in listed if entry.agent_name == "pressbox"]

    async def agents(self, room: str) -> list[api.ParticipantInfo]:
        async with self._server.api() as lkapi:
            listed = await lkapi.room.list_participants(api.ListParticipantsRequest(room=room))
        return [one for one in listed.participants if one.kind == one.Kind.AGENT]

    async def seated(self, *rooms: str) -> list[list[str]]:
        """Waits until each of the rooms has an agent whose booth is up; their identities."""
        found: list[list[str]] = []

        async def all_up() -> bool:
            agents = [await self.agents(room) for room in rooms]
            found[:] = [[one.identity for one in there] for there in agents]
            return all(
                there and all("pressbox.status" in one.attributes for one in there)
                for there in agents
            )

        await self.until(all_up)
        return found


@asynccontextmanager
async def worker(
    server: LiveKitServer, state: Path, *words: str, **environment: str
) -> AsyncIterator[Worker]:
    program = Program(
        (sys.executable, "-m", "agent", *words),
        state / f"agent-{time.monotonic_ns()}.log",
        environment={
            **server.environment,
            "PRESSBOX_STATE_DIR": str(state),
            "METRICS_PORT": "0",
            "ENGINE_URL": f"http://127.0.0.1:{free_port()}/v1",
            **environment,
        },
    )
    with program:
        await program.until_said("registered worker", PATIENCE)
        yield Worker(program, server)
        program.send(signal.SIGTERM)
        async with asyncio.timeout(30):
            while program.running:
                await asyncio.sleep(0.05)


async def test_its_options_and_late_profiles_reach_its_jobs_and_no_more_than_its_places_are_taken(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    rooms = [f"place{number}" for number in range(4)]
    async with scripted_engine(Repeat()) as engine:
        given = ("--engine-url", engine.url, "--livekit-url", livekit_server.url)
        env = {"LIVEKIT_URL": f"ws://127.0.0.1:{free_port()}", "AGENT_LOAD_LIMIT": "3"}
        async with worker(livekit_server, tmp_path, *given, **env) as agent:
            await agent.until_said("process initialized")  # one that waits for a job
            (tmp_path / "profiles").mkdir()
            mine = "about: Mine.\nprompt: You are mine.\n"
            (tmp_path / "profiles" / "mine.yaml").write_text(mine)
            # At one moment: LiveKit asks nobody who has told it that there is no place.
            await asyncio.gather(*(agent.dispatch(room, '{"profile":"mine"}') for room in rooms))
            await agent.until_said("all 3 places are taken")

            async def three_are_up() -> bool:
                found = [one for room in rooms for one in await agent.agents(room)]
                told = [one.attributes.get("pressbox.status", "") for one in found]
                up = ['"engine":"up"' in one and '"profile":"mine"' in one for one in told]
                return up == [True] * 3

            await agent.until(three_are_up)


async def test_of_two_at_one_moment_one_stays_and_a_room_that_closes_holds_nobody_up(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    rooms = [f"moment{number}" for number in range(2)]
    async with worker(livekit_server, tmp_path, AGENT_LOAD_LIMIT="8") as agent:
        await asyncio.gather(*map(agent.dispatch, rooms * 2))

        async def two_left() -> bool:
            return agent.said("this second commentator leaves") == 2

        await agent.until(two_left)

        async def one_each() -> bool:
            agents = [len(await agent.agents(room)) for room in rooms]
            return agents == [len(await agent.dispatches(room)) for room in rooms] == [1, 1]

        await agent.until(one_each)
        await agent.seated(*rooms)
        # A room that is closed while it is joined keeps nobody waiting.
        exits = agent.said("process exiting")
        await agent.dispatch("closing")

        async def listed() -> bool:
            return len(await agent.agents("closing")) > 0

        await agent.until(listed, every=0.01)
        async with livekit_server.api() as lkapi:
            await lkapi.room.delete_room(api.DeleteRoomRequest(room="closing"))

        async def ends() -> bool:
            return agent.said("process exiting") > exits

        await agent.until(ends)


async def test_a_ghost_keeps_nobody_out(livekit_server: LiveKitServer, tmp_path: Path) -> None:
    async with worker(livekit_server, tmp_path) as dead:
        await dead.dispatch("haunted")
        ((ghost,),) = await dead.seated("haunted")
        dead.program.kill()  # its jobs too
    async with worker(livekit_server, tmp_path) as agent:
        await agent.dispatch("haunted")

        async def another_one_sits() -> bool:
            found = [one for one in await agent.agents("haunted") if one.identity != ghost]
            return any("pressbox.status" in one.attributes for one in found)

        await agent.until(another_one_sits)
        assert not agent.said("this second commentator leaves")


async def test_a_new_dispatch_wins_and_what_people_change_then_outlives_the_worker(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    RoomState(tmp_path, "again").save({"profile": "guard", "language": "de"})
    wanted = '{"profile":"match"}'

    known: dict[str, dict[str, Any]] = {}

    async def status(agent: Worker) -> dict[str, Any]:
        """Of another agent than before, who may be there for a while yet."""
        before = len(known)
        await agent.dispatch("again", wanted)

        async def another_one_sits() -> bool:
            for one in await agent.agents("again"):
                if "pressbox.status" in one.attributes:
                    known.setdefault(one.identity, json.loads(one.attributes["pressbox.status"]))
            return len(known) > before

        await agent.until(another_one_sits)
        return list(known.values())[-1]

    async with worker(livekit_server, tmp_path) as agent:
        first = await status(agent)
        assert (first["profile"], first["language"]) == ("match", "de")
        token = livekit_server.token("again", "viewer")
        async with watching(livekit_server.url, token) as viewer:
            await viewer.until(lambda: viewer.agent is not None, timeout=PATIENCE)
            await viewer.call("pressbox.set", '{"profile":"documentary"}')
            agent.program.kill()
            async with worker(livekit_server, tmp_path) as agent:
                assert (await status(agent))["profile"] == "documentary"
                agent.program.kill()
        async with livekit_server.api() as lkapi:
            await lkapi.room.delete_room(api.DeleteRoomRequest(room="again"))
    async with worker(livekit_server, tmp_path) as agent:
        assert (await status(agent))["profile"] == "match"
