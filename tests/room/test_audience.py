"""A robot that is alone with its commentator is its own audience, if it takes anything of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from livekit import rtc

from agent.room.watchers import HOLDS, WATCH
from tests.support.booths import QUICK, booth
from tests.support.camera import camera
from tests.support.engine_script import Answer
from tests.support.livekit_server import LiveKitServer
from tests.support.scripted_engine import scripted_engine
from tests.support.until import until


async def test_who_says_that_it_watches_or_subscribes_to_the_agent_is_an_audience(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with (
        scripted_engine(lambda *_: Answer(text="A line.")) as engine,
        camera(livekit_server, "alone", "robot") as robot,
        booth(
            livekit_server,
            "alone",
            engine.url,
            metadata="{" + QUICK + ',"idle_after":1}',
            state_dir=tmp_path,
        ) as made,
    ):
        us = robot.room.local_participant

        async def watch(payload: str) -> str:
            return await us.perform_rpc(
                destination_identity="agent-pressbox", method=WATCH, payload=payload
            )

        def rests() -> bool:
            return made.status.paused == "nobody is watching"

        await until(rests)
        assert json.loads(await watch("")) == {"seconds": HOLDS}
        await until(lambda: made.status.watching and not rests())
        with pytest.raises(rtc.RpcError, match="watching"):
            await watch('{"watching": "yes"}')
        assert json.loads(await watch('{"watching": false}')) == {"seconds": 0}
        await until(rests)
        voice = robot.room.remote_participants["agent-pressbox"].track_publications.values()
        for publication in voice:
            publication.set_subscribed(True)
        await until(lambda: made.status.watching and not rests())
