"""Real processes in a real room: the file, the worker, the sketch engine, a viewer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from livekit import api

from tests.room.test_booth import ended, status
from tests.support.livekit_server import LiveKitServer
from tests.support.ports import free_port
from tests.support.viewer_probe import watching

CARS = Path(__file__).resolve().parents[3] / "shared" / "media" / "cars.mp4"
ROOM = "cars"


@asynccontextmanager
async def process(
    *command: str, environment: dict[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            started.terminate()
        try:
            await asyncio.wait_for(started.wait(), 15)
        except TimeoutError:
            started.kill()
            await started.wait()


async def dispatched(server: LiveKitServer) -> None:
    """Send the agent until it comes: a dispatch made before a worker registers goes nowhere."""
    client = server.api()
    try:
        async with asyncio.timeout(60):
            while True:
                await client.agent_dispatch.create_dispatch(
                    api.CreateAgentDispatchRequest(
                        agent_name="pressbox", room=ROOM, metadata='{"stream_delay_init":2}'
                    )
                )
                await asyncio.sleep(4)
                here = await client.room.list_participants(api.ListParticipantsRequest(room=ROOM))
                if any(one.kind == api.ParticipantInfo.AGENT for one in here.participants):
                    return
    finally:
        await client.aclose()


@pytest.mark.skipif(not CARS.exists(), reason="the shared footage is not here")
async def test_a_road_is_seen_heard_captioned_and_asked_about(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    port = free_port()
    environment = {
        **livekit_server.environment,
        "PRESSBOX_ENGINE_URL": f"http://127.0.0.1:{port}/v1",
        "XDG_STATE_HOME": str(tmp_path),
    }
    async with AsyncExitStack() as stack:
        for command in (
            ("-m", "models", "serve", "--engine", "sketch", "--port", str(port)),
            ("-m", "ingress", "publish", str(CARS), "--room", ROOM, "--name", "road"),
            ("-m", "agent"),
        ):
            await stack.enter_async_context(process(*command, environment=environment))
        await dispatched(livekit_server)
        token = livekit_server.token(ROOM, "viewer")
        probe = await stack.enter_async_context(watching(livekit_server.url, token))
        await probe.until(lambda: len(ended(probe)) >= 4, timeout=60, what="four lines")
        await probe.ask("What moves?")
        await probe.until(lambda: bool(ended(probe, "answer")), timeout=30, what="the answer")
        assert status(probe)["source"] == "road"
    assert len({frame.frame_id for frame in probe.frames}) > 30
    assert all(frame.user_timestamp for frame in probe.frames)
    assert probe.bursts, "a voice is heard"
    said = ended(probe)
    assert len(set(said)) >= len(said) - 1, "it does not repeat itself"
    captions = "".join(piece.text for piece in probe.captions)
    assert said[1] in captions
    assert probe.wrong == []
