"""An engine that dies, stalls, lies or is slow: the picture goes on and the viewer is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.room.test_booth import ANSWER, ended, status
from tests.support.booths import QUICK, booth
from tests.support.camera import camera
from tests.support.engine_script import Answer, Fault, Repeat
from tests.support.livekit_server import LiveKitServer
from tests.support.scripted_engine import scripted_engine
from tests.support.viewer_probe import watching


async def test_the_engine_dies_and_comes_back(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        camera(livekit_server, "dies"),
        booth(livekit_server, "dies", engine.url, state_dir=tmp_path),
        watching(livekit_server.url, livekit_server.token("dies", "viewer")) as probe,
    ):
        await probe.until(lambda: len(ended(probe)) >= 1, timeout=30, what="a line")
        await engine.stop()
        await probe.until(lambda: status(probe)["engine"] == "down", timeout=20)
        assert status(probe)["error"]
        seen = len(probe.frames)
        await probe.until(lambda: len(probe.frames) > seen + 20, timeout=20, what="picture")
        await probe.ask("Are you there?")
        await probe.until(
            lambda: (
                "could not be answered" in status(probe)["error"]
                or status(probe)["engine"] == "down"
            ),
            timeout=20,
        )
        await engine.start()
        said = len(ended(probe))
        await probe.until(lambda: len(ended(probe)) > said, timeout=40, what="a line")
        await probe.until(lambda: status(probe)["engine"] == "up", timeout=10)
    assert probe.wrong == []


@pytest.mark.parametrize("fault", ["http_500", "garbage", "hang", "close", "empty"])
async def test_a_bad_answer_costs_one_line(
    livekit_server: LiveKitServer, tmp_path: Path, fault: Fault
) -> None:
    bad = Answer(ready=0.1, speech=1.0, speed=8.0, fault=fault)

    def script(number: int, kind: str) -> Answer:
        return bad if number == 1 else ANSWER

    room = f"bad-{fault}"
    async with (
        scripted_engine(script) as engine,
        camera(livekit_server, room),
        booth(livekit_server, room, engine.url, state_dir=tmp_path),
        watching(livekit_server.url, livekit_server.token(room, "viewer")) as probe,
    ):
        await probe.until(lambda: len(engine.asked) >= 2, timeout=30, what="the bad request")
        said = len(ended(probe))
        await probe.until(lambda: len(ended(probe)) > said + 1, timeout=60, what="two more lines")
        await probe.until(lambda: status(probe)["engine"] == "up", timeout=10)
    assert probe.wrong == []


async def test_a_slow_engine_is_told_relieved_and_forgiven(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    metadata = '{"delay_max":1,"capture_fps":10,"frames_per_inference":8,"frame_stride":1,' + QUICK
    slow = Answer(ready=2.0, speech=1.0, speed=8.0)
    async with (
        scripted_engine(Repeat(slow)) as engine,
        camera(livekit_server, "slow"),
        booth(livekit_server, "slow", engine.url, metadata=metadata + "}", state_dir=tmp_path),
        watching(livekit_server.url, livekit_server.token("slow", "viewer")) as probe,
    ):
        await probe.until(lambda: status(probe).get("behind") is True, timeout=40, what="behind")
        await probe.until(
            lambda: bool(engine.asked) and engine.asked[-1].images == 1, timeout=40, what="thin"
        )
        assert not ended(probe)
        engine.script = Repeat(ANSWER)
        await probe.until(lambda: status(probe)["behind"] is False, timeout=90, what="forgiven")
        said = len(ended(probe))
        await probe.until(lambda: len(ended(probe)) > said, timeout=20, what="a line")


async def test_the_room_comes_back_after_its_server_was_restarted(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with scripted_engine(Repeat(ANSWER)) as engine, camera(livekit_server, "restart") as cam:
        async with booth(livekit_server, "restart", engine.url, state_dir=tmp_path):
            async with watching(
                livekit_server.url, livekit_server.token("restart", "viewer")
            ) as probe:
                await probe.until(lambda: len(ended(probe)) >= 1, timeout=30, what="a line")
            await livekit_server.restart()
            await asyncio.sleep(1)
            async with watching(
                livekit_server.url, livekit_server.token("restart", "viewer-2")
            ) as again:
                await again.until(lambda: len(again.frames) > 20, timeout=60, what="the picture")
                await again.until(lambda: len(ended(again)) >= 2, timeout=30, what="two lines")
                assert status(again)["source"] == "cam"
        assert cam.room.isconnected()
