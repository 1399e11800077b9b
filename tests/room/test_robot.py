"""docs/examples/robot.py as a stranger starts it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from tests.peers.program import Program
from tests.support.booths import booth
from tests.support.engine_script import Answer
from tests.support.livekit_server import LiveKitServer
from tests.support.scripted_engine import scripted_engine

ROBOT = Path(__file__).resolve().parents[2] / "docs" / "examples" / "robot.py"
ANSWER = Answer(ready=0.15, speech=1.2, speed=8.0)


async def test_the_robot_of_the_documents_sends_hears_reads_and_tells(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    voice = tmp_path / "voice.pcm"
    robot = Program(
        [sys.executable, str(ROBOT), "yard", str(voice)],
        tmp_path / "robot.log",
        environment=livekit_server.environment,
    )
    async with (
        scripted_engine(
            lambda number, kind: replace(ANSWER, text=f"Line {number} {kind}.")
        ) as engine,
        booth(livekit_server, "yard", engine.url, state_dir=tmp_path) as made,
    ):
        with robot:
            async with asyncio.timeout(40):
                while "commentary" not in robot.log or not voice.stat().st_size:
                    await asyncio.sleep(0.1)
                while made.commentator.note.at(time.monotonic()) != "battery at 99 %":
                    await asyncio.sleep(0.1)
            async with livekit_server.api() as lk:
                listed = await lk.agent_dispatch.list_dispatch("yard")
        (sent,) = [one for one in listed if one.agent_name == "pressbox"]
        assert json.loads(sent.metadata)["delay"] == 0
        assert made.status.source == "robot"
