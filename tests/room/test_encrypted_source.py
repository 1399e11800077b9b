"""Cameras encrypted end to end, beside plain ones, and one that sends seldom, in a real room."""

from __future__ import annotations

from pathlib import Path

from tests.room.test_booth import ANSWER
from tests.support.booths import QUICK, booth
from tests.support.camera import camera
from tests.support.engine_script import Repeat
from tests.support.livekit_server import LiveKitServer
from tests.support.scripted_engine import scripted_engine
from tests.support.until import until

METADATA = '{"idle_after":0,' + QUICK + "}"


async def test_without_the_key_it_is_named_and_a_plain_one_is_watched(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        booth(livekit_server, "locked", engine.url, metadata=METADATA, state_dir=tmp_path) as made,
        camera(livekit_server, "locked", "phone", key=b"abc"),
    ):
        await until(lambda: "phone's picture is encrypted" in made.status.trouble)
        async with camera(livekit_server, "locked", "cam"):
            await until(lambda: made.status.source == "cam" and bool(engine.asked))
        async with camera(livekit_server, "locked", "cam2"):
            asked = len(engine.asked)
            await until(lambda: made.status.source == "cam2" and len(engine.asked) > asked + 2)


async def test_with_its_key_it_is_seen_and_one_with_another_key_is_named(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        camera(livekit_server, "keyed", "plain"),
        booth(
            livekit_server,
            "keyed",
            engine.url,
            metadata=METADATA,
            state_dir=tmp_path,
            room_key="abc",
        ) as made,
    ):
        await until(lambda: made.status.source == "plain" and bool(engine.asked))
        async with camera(livekit_server, "keyed", "phone", key=b"abc"):
            await until(lambda: made.status.source == "phone")
            asked = len(engine.asked)
            await until(lambda: len(engine.asked) > asked + 2)
        async with camera(livekit_server, "keyed", "stranger", key=b"another"):
            await until(lambda: "stranger" in made.status.remark)
            assert made.status.source == "plain"
