"""Camera → room → booth → delayed picture and words, with nothing but real processes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median

import pytest
from livekit import api

from tests.bench.rig import process
from tests.room.test_booth import ended, status
from tests.sources.cases import CASES, Case
from tests.sources.conftest import FULL, Row, Table
from tests.sources.service import serving
from tests.sources.stage import Stage
from tests.support import burnt_clock
from tests.support.livekit_server import LiveKitServer
from tests.support.ports import free_port
from tests.support.viewer_probe import ViewerProbe, watching

DELAY = 3.0
SHORT = ("rtsp-tcp-h264-aac",)
LONG = (
    *SHORT,
    "rtsp-udp-h264-pcma",
    "rtsp-tcp-h265-opus",
    "vlc-rtsp",
    "http-mjpeg",
    "rtmp-pull",
    "srt-from-mediamtx",
    "hls-from-mediamtx",
    "file-clip-mp4",
)
_BY_NAME = {case.name: case for case in CASES}
CHOSEN = [_BY_NAME[name] for name in (LONG if FULL else SHORT)]


@pytest.mark.timeout(150)
@pytest.mark.parametrize("case", CHOSEN, ids=lambda case: case.name)
async def test_a_source_is_commented_on_in_step_with_its_picture(
    livekit_server: LiveKitServer, tmp_path: Path, table: Table, case: Case
) -> None:
    name = case.name
    stage = Stage(tmp_path / "stage")
    url = case.make(stage)
    async with (
        stage,
        serving(livekit_server, stage.folder) as service,
        commentators(livekit_server, tmp_path),
    ):
        await service.add(name, url, transport=case.transport)
        await service.until(name, lambda one: one["state"] == "live", "live", 40)
        await dispatched(livekit_server, service.room)
        token = livekit_server.token(service.room, "viewer")
        async with watching(livekit_server.url, token) as probe:
            await probe.until(lambda: len(ended(probe)) >= 2, timeout=60, what="two lines")
            await probe.ask("What moves?")
            await probe.until(lambda: bool(ended(probe, "answer")), timeout=30, what="an answer")
            assert status(probe)["source"] == name
            judged(probe, case, table)


def judged(probe: ViewerProbe, case: Case, table: Table) -> None:
    """What the viewer saw is the source, late by the delay, and stamped; and there was a voice."""
    assert probe.wrong == []
    assert probe.bursts, "a voice is heard"
    assert len(set(ended(probe))) >= 2
    assert all(frame.user_timestamp for frame in probe.frames)
    ages = [burnt_clock.age(frame.burnt, frame.received) for frame in probe.frames if frame.burnt]
    assert len(ages) > 60, f"{len(ages)} of {len(probe.frames)} pictures with a clock"
    age = median(ages[-60:])
    if case.age:
        assert DELAY - 0.5 < age < DELAY + case.age + 1, age
    said = f"{len(ended(probe))} lines, one answer"
    table.append(
        Row(f"booth: {case.name}", case.peer, said, age=f"{age:.2f} s" if case.age else "")
    )


@asynccontextmanager
async def commentators(server: LiveKitServer, folder: Path) -> AsyncIterator[None]:
    """The engine sketch and a worker that waits for dispatches."""
    port = free_port()
    environment = {
        **os.environ,
        **server.environment,
        "PRESSBOX_ENGINE_URL": f"http://127.0.0.1:{port}/v1",
        "XDG_STATE_HOME": str(folder),
    }
    async with AsyncExitStack() as stack:
        serve = ("-m", "models", "serve", "--engine", "sketch", "--port", str(port))
        log = stack.enter_context((folder / "log").open("ab"))
        for command in (serve, ("-m", "agent")):
            await stack.enter_async_context(process(command, environment, log))
        yield


async def dispatched(server: LiveKitServer, room: str) -> None:
    """Sends the agent until it comes: a dispatch made before a worker registers goes nowhere."""
    metadata = f'{{"delay":{DELAY},"inference_interval":0.5,"tts_pause_after":0.5}}'
    asked = api.CreateAgentDispatchRequest(agent_name="pressbox", room=room, metadata=metadata)
    client = server.api()
    try:
        async with asyncio.timeout(60):
            while True:
                await client.agent_dispatch.create_dispatch(asked)
                await asyncio.sleep(4)
                here = await client.room.list_participants(api.ListParticipantsRequest(room=room))
                if any(one.kind == api.ParticipantInfo.AGENT for one in here.participants):
                    return
    finally:
        await client.aclose()
