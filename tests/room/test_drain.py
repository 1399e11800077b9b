"""A worker that ends, and another one that goes on in its room."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path

import pytest

from tests.room.test_worker import PATIENCE, Worker, worker
from tests.support.booths import QUICK
from tests.support.camera import camera
from tests.support.engine_script import Repeat
from tests.support.livekit_server import LiveKitServer
from tests.support.scripted_engine import scripted_engine
from tests.support.viewer_probe import watching

pytestmark = pytest.mark.timeout(120)

ROOM = "rolling"


async def ended(worker: Worker) -> None:
    async with asyncio.timeout(PATIENCE):
        while worker.program.running:
            await asyncio.sleep(0.05)


async def test_another_worker_goes_on_where_one_drains(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        engine = await enter(scripted_engine(Repeat()))
        await enter(camera(livekit_server, ROOM))
        words = "--alone", "--engine-url", engine.url
        first = await enter(worker(livekit_server, tmp_path, *words))
        await first.dispatch(ROOM, "{" + QUICK + "}")
        ((old,),) = await first.seated(ROOM)
        second = await enter(worker(livekit_server, tmp_path, "--engine-url", engine.url))
        viewer = await enter(watching(livekit_server.url, livekit_server.token(ROOM, "viewer")))
        await viewer.until(lambda: len(viewer.bursts) > 3, timeout=PATIENCE)
        first.program.send(signal.SIGTERM)
        seen_both = asyncio.Event()

        def both() -> bool:
            people = viewer.room.remote_participants.values()
            if sum("pressbox.status" in one.attributes for one in people) == 2:
                seen_both.set()
            return seen_both.is_set()

        await viewer.until(both, timeout=PATIENCE, what="the other one has the room")
        heard = len(viewer.lines)
        await ended(first)
        await viewer.until(lambda: len(viewer.lines) > heard + 6, timeout=PATIENCE)
        ((new,),) = await second.seated(ROOM)
        assert new != old
        assert len(await second.dispatches(ROOM)) == 1
        bursts = sorted(viewer.bursts, key=lambda burst: burst.start)
        assert all(one.end <= other.start + 0.1 for one, other in pairwise(bursts))
        begun = {line.id for line in viewer.lines if line.phase == "start"}
        assert not [one for one in viewer.lines if one.dropped and one.id in begun]


async def test_who_is_alone_ends_without_another(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with worker(livekit_server, tmp_path, "--alone") as agent:
        await agent.dispatch("last")
        await agent.seated("last")
        agent.program.send(signal.SIGTERM)
        await ended(agent)
        assert agent.said("no other worker takes it") == 1
        assert len(await agent.dispatches("last")) == 1
        assert not await agent.agents("last")
