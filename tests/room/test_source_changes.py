"""What sources do in mid-stream, and what a viewer is shown meanwhile."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from livekit import rtc

from tests.room.test_booth import ANSWER, ended, status
from tests.support.booths import booth
from tests.support.camera import camera
from tests.support.engine_script import Repeat
from tests.support.livekit_server import LiveKitServer
from tests.support.scripted_engine import scripted_engine
from tests.support.viewer_probe import watching


async def test_mute_unpublish_and_leave_are_told_and_survived(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    viewer = livekit_server.token("mute", "viewer")
    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        booth(livekit_server, "mute", engine.url, state_dir=tmp_path),
        watching(livekit_server.url, viewer) as probe,
    ):
        await probe.until(lambda: status(probe).get("error") == "no camera in the room", timeout=10)
        async with camera(livekit_server, "mute") as cam:
            await probe.until(lambda: len(ended(probe)) >= 1, timeout=30, what="a line")
            cam.mute()
            await probe.until(lambda: "switched" in status(probe)["error"], timeout=10)
            seen, said = len(probe.frames), len(ended(probe))
            cam.unmute()
            await probe.until(lambda: len(probe.frames) > seen + 20, timeout=20, what="picture")
            await probe.until(lambda: len(ended(probe)) > said, timeout=20, what="a line")
            assert status(probe)["error"] == ""
            await cam.unpublish()
            await probe.until(lambda: status(probe)["source"] == "", timeout=10)
            seen, said = len(probe.frames), len(ended(probe))
            await cam.publish()
            await probe.until(lambda: len(probe.frames) > seen + 20, timeout=20, what="picture")
            await probe.until(lambda: len(ended(probe)) > said, timeout=20, what="a line")
        await probe.until(lambda: "no camera" in status(probe)["error"], timeout=10)
        seen = len(probe.frames)
        async with camera(livekit_server, "mute", "another"):
            await probe.until(lambda: status(probe)["source"] == "another", timeout=10)
            await probe.until(lambda: len(probe.frames) > seen + 20, timeout=20, what="picture")
    assert probe.wrong == []


async def test_another_size_and_another_rotation_in_mid_stream(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    def shown(aspect: float) -> bool:
        # Senders scale to what the network carries, so the shape is what can be relied on.
        return any(abs(f.width / f.height - aspect) < 0.05 for f in probe.frames[-5:])

    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        camera(livekit_server, "turn") as cam,
        booth(livekit_server, "turn", engine.url, state_dir=tmp_path),
        watching(livekit_server.url, livekit_server.token("turn", "viewer")) as probe,
    ):
        await probe.until(lambda: shown(16 / 9), timeout=30, what="320x180")
        cam.width, cam.height = 320, 240
        await probe.until(lambda: shown(4 / 3), timeout=30, what="320x240")
        cam.rotation = rtc.VideoRotation.VIDEO_ROTATION_90
        await probe.until(lambda: shown(3 / 4), timeout=30, what="240x320")
        said = len(ended(probe))
        await probe.until(lambda: len(ended(probe)) > said, timeout=20, what="a line")
    assert probe.wrong == []


async def test_the_sources_sound_is_held_as_long_as_its_picture_which_may_be_vp8(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        camera(livekit_server, "sound") as cam,
        booth(
            livekit_server,
            "sound",
            engine.url,
            metadata='{"delay":2,"mode":"idle","video_codec":"vp8"}',
            state_dir=tmp_path,
        ),
    ):
        await cam.publish_sound()
        await cam.beep(0.3, 500.0)  # the track appears with the first sound that is due
        viewer = livekit_server.token("sound", "viewer")
        async with watching(livekit_server.url, viewer, sound="original") as probe:
            await probe.until(lambda: len(probe.frames) > 5, timeout=20, what="the picture")
            await asyncio.sleep(3)
            heard = len(probe.bursts)
            handed_over = time.monotonic()
            await cam.beep(0.5, 700.0)
            await asyncio.sleep(0.5)
            assert len(probe.bursts) == heard, "not before its time"
            await probe.until(lambda: len(probe.bursts) > heard, timeout=20, what="the beep")
            burst = probe.bursts[heard]
            assert probe.agent
            tracks = {one.name: one for one in probe.agent.track_publications.values()}
            assert tracks["delayed"].mime_type.lower() == "video/vp8"
    assert all(frame.user_timestamp for frame in probe.frames)
    assert burst.end - burst.start == pytest.approx(0.5, abs=0.1)
    assert burst.tone == pytest.approx(700.0, rel=0.05)
    assert 1.5 < burst.start - handed_over < 4.0
