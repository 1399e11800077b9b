"""What a room does with encoded pictures that it gets as they are: the facts on which the choice
between passing on and encoding anew stands.
"""

from __future__ import annotations

import asyncio
import time

import pytest
from livekit import rtc

from agent.picture.picture import Picture
from agent.picture.source import Source
from ingress.reader.passage import CARRIED
from tests.support.encoded_camera import (
    EncodedCamera,
    Encoder,
    Packet,
    encoded_camera,
    publish,
)
from tests.support.livekit_server import LiveKitServer
from tests.support.viewer_probe import ViewerProbe, watching

SPACING = 0.01
"""Seconds between two pictures that are handed over: closer ones are lost without a word."""


async def until_seen(camera: EncodedCamera, encoder: Encoder, viewer: ViewerProbe) -> None:
    """Sends until the viewer has seen a picture."""
    async with asyncio.timeout(15):
        while not viewer.frames:
            await camera.run(encoder, 0.2)


def counters(viewer: ViewerProbe, since: int = 0) -> list[int]:
    """Numbers burnt into the pictures that the viewer has seen."""
    return [seen.burnt.counter for seen in viewer.frames[since:] if seen.burnt]


@pytest.mark.parametrize("codec", sorted(CARRIED))
async def test_pictures_and_a_change_of_size_arrive(
    livekit_server: LiveKitServer, codec: str
) -> None:
    token = livekit_server.token(codec, "viewer")
    async with (
        encoded_camera(livekit_server, codec, codec) as camera,
        watching(livekit_server.url, token, picture="camera", sound=None) as viewer,
    ):
        encoder = Encoder(codec, 640, 360)
        await until_seen(camera, encoder, viewer)
        for size in ((640, 360), (960, 540), (320, 180)):
            since = len(viewer.frames)
            await camera.run(Encoder(codec, *size), 1)
            await viewer.until(lambda: len(viewer.frames) >= since + 14, timeout=5, what=f"{size}")  # noqa: B023
            assert {(seen.width, seen.height) for seen in viewer.frames[since + 2 :]} == {size}
            assert len(counters(viewer, since + 2)) == len(viewer.frames[since + 2 :])
    assert viewer.wrong == []


@pytest.mark.parametrize(
    ("size", "options"),
    [
        ((640, 360), {"preset": "veryfast", "profile": "high"}),
        ((640, 360), {"x264-params": "slices=4"}),
        ((638, 358), {}),
        ((1920, 1080), {}),
        ((1080, 1920), {}),
    ],
    ids=["high", "slices", "cropped", "1080p", "upright"],
)
async def test_the_kinds_of_h264_that_go_through_arrive_whole(
    livekit_server: LiveKitServer,
    size: tuple[int, int],
    options: dict[str, str],
    request: pytest.FixtureRequest,
) -> None:
    name = request.node.callspec.id
    token = livekit_server.token(name, "viewer")
    async with (
        encoded_camera(livekit_server, name, "h264", *size) as camera,
        watching(livekit_server.url, token, picture="camera", sound=None) as viewer,
    ):
        encoder = Encoder("h264", *size, options=options)
        await until_seen(camera, encoder, viewer)
        since = len(viewer.frames)
        await camera.run(encoder, 2)
        await viewer.until(lambda: len(viewer.frames) >= since + 28, timeout=5, what="pictures")
    seen = counters(viewer)
    assert seen == list(range(seen[0], seen[0] + len(seen)))
    assert {(one.width, one.height) for one in viewer.frames} == {size}


async def test_b_frames_do_not_arrive(livekit_server: LiveKitServer) -> None:
    token = livekit_server.token("b", "viewer")
    options = {
        "preset": "veryfast",
        "tune": "film",
        "x264-params": "bframes=2:b-adapt=0:rc-lookahead=3:sync-lookahead=0",
    }
    async with (
        encoded_camera(livekit_server, "b", "h264") as camera,
        watching(livekit_server.url, token, picture="camera", sound=None) as viewer,
    ):
        await camera.run(Encoder("h264", 640, 360, b_frames=2, options=options), 4)
        await camera.run(Encoder("h264", 640, 360), 2)
        await viewer.until(lambda: len(viewer.frames) > 20, timeout=5, what="the plain ones")
    assert len(viewer.frames) < 60


async def test_jumps_of_the_timestamps_lose_no_picture(
    livekit_server: LiveKitServer,
) -> None:
    token = livekit_server.token("stamps", "viewer")
    async with (
        encoded_camera(livekit_server, "stamps", "h264") as camera,
        watching(livekit_server.url, token, picture="camera", sound=None) as viewer,
    ):
        encoder = Encoder("h264", 640, 360)
        await until_seen(camera, encoder, viewer)
        begin = now()
        for stamp in (
            lambda n: now() + (10_000_000 if n > 5 else 0),
            lambda _: now() - 5_000_000,
            lambda n: begin + 33_000 * n,
            lambda n: now() + 3_600_000_000 * (n > 5),
        ):
            await camera.run(encoder, 1, stamp=stamp)
        last = camera.sent - 1
        await viewer.until(lambda: counters(viewer)[-1] == last, timeout=5, what="the last one")
    seen = counters(viewer)
    assert seen == list(range(seen[0], last + 1))


async def test_a_burst_arrives_where_its_pictures_are_handed_over_one_by_one(
    livekit_server: LiveKitServer,
) -> None:
    token = livekit_server.token("burst", "viewer")
    async with (
        encoded_camera(livekit_server, "burst", "h264") as camera,
        watching(livekit_server.url, token, picture="camera", sound=None) as viewer,
    ):
        encoder = Encoder("h264", 640, 360)
        await until_seen(camera, encoder, viewer)
        since = len(viewer.frames)
        burst: list[Packet] = []
        for number in range(20):
            burst += encoder.encode(key=number == 0)
            await asyncio.sleep(1 / 60)
        for packet in burst:
            camera.send(packet)
            await asyncio.sleep(SPACING)
        await viewer.until(lambda: len(viewer.frames) >= since + 20, timeout=5, what="all of it")


async def test_after_a_silence_the_picture_is_back_with_the_next_key_frame(
    livekit_server: LiveKitServer,
) -> None:
    token = livekit_server.token("silence", "viewer")
    async with (
        encoded_camera(livekit_server, "silence", "h264") as camera,
        watching(livekit_server.url, token, picture="camera", sound=None) as viewer,
    ):
        await until_seen(camera, Encoder("h264", 640, 360), viewer)
        await asyncio.sleep(5)  # what is tested is the silence itself
        since, begin = len(viewer.frames), time.monotonic()
        await camera.run(Encoder("h264", 640, 360), 1)
        await viewer.until(lambda: len(viewer.frames) > since, timeout=5, what="a picture")
    assert viewer.frames[since].received - begin < 1


async def test_a_new_viewer_is_a_wish_for_a_key_frame(livekit_server: LiveKitServer) -> None:
    async with encoded_camera(livekit_server, "wish", "h264") as camera:
        encoder = Encoder("h264", 640, 360, gop=60)
        await camera.run(encoder, 1)
        camera.look()
        token = livekit_server.token("wish", "viewer")
        async with watching(livekit_server.url, token, picture="camera", sound=None) as viewer:
            async with asyncio.timeout(10):
                while not viewer.frames:
                    key = camera.look().keyframe_requested
                    for packet in encoder.encode(key=key):
                        camera.send(packet)
                    await asyncio.sleep(1 / 15)


async def test_another_codec_needs_another_track_and_the_booth_goes_on(
    livekit_server: LiveKitServer,
) -> None:
    async with encoded_camera(livekit_server, "change", "h264") as camera:
        room = rtc.Room()
        token = livekit_server.token("change", "agent", kind="agent")
        await room.connect(livekit_server.url, token, rtc.RoomOptions(auto_subscribe=False))
        pictures: list[Picture] = []
        watched: list[str] = []
        source = Source(
            room,
            on_picture=pictures.append,
            on_model_picture=pictures.append,
            on_sound=lambda *_: None,
            on_change=watched.append,
            tell=lambda _: None,
        )
        source.start("cam")
        try:
            async with asyncio.timeout(20):
                while not pictures:
                    await camera.run(Encoder("h264", 640, 360), 0.2)
                await camera.room.local_participant.unpublish_track(camera.publication.sid)
                await camera.source.aclose()
                camera.codec = "vp8"
                camera.source, camera.publication = await publish(camera.room, "vp8", 320, 180)
                while pictures[-1].width != 320:
                    await camera.run(Encoder("vp8", 320, 180), 0.2)
            assert watched in (["cam"], ["cam", "", "cam"])
        finally:
            await source.aclose()
            await room.disconnect()


def now() -> int:
    """Microseconds."""
    return round(time.monotonic() * 1_000_000)
