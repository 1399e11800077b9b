"""A source that hardly ever sends anything, and one that cannot be seen, in a real room."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from livekit import rtc

from agent.clock.unix_clock import UnixClock
from agent.picture.liveness import NO_PICTURE_AFTER
from agent.picture.picture import Picture
from agent.picture.source import Source
from agent.picture.source_health import SourceHealth, ingress_states
from tests.room.test_booth import ANSWER, status
from tests.support.booths import booth
from tests.support.camera import camera, room_options
from tests.support.engine_script import Repeat
from tests.support.livekit_server import LiveKitServer
from tests.support.scripted_engine import scripted_engine
from tests.support.viewer_probe import watching

SELDOM = 1 / 7


class Following:
    """What a booth does to see its source, and what comes of it."""

    def __init__(self, room: rtc.Room, has_key: bool) -> None:
        self.true: list[tuple[str, float]] = []
        self.shown: list[Picture] = []
        self.events: list[str] = []
        self.told: list[str] = []
        self.source = Source(
            room,
            on_picture=self._picture,
            on_model_picture=lambda _: None,
            on_sound=lambda *_: None,
            on_change=self._change,
            tell=self.told.append,
            has_key=has_key,
        )
        self.health = SourceHealth(
            self.source,
            lambda: ingress_states(room),
            UnixClock(),
            show=self.shown.append,
            on_lost=lambda _: self.events.append("lost"),
            on_back=lambda: self.events.append("back"),
            tell=self.told.append,
        )

    def _change(self, identity: str) -> None:
        self.events.append(identity)
        self.health.changed(identity)

    def _picture(self, picture: Picture) -> None:
        self.true.append((self.source.identity, picture.capture))
        self.health.seen(picture)

    @property
    def trouble(self) -> str:
        return self.health.trouble(time.monotonic())

    async def until(self, true: Callable[[], bool], timeout: float = 15.0) -> None:
        async with asyncio.timeout(timeout):
            while not true():
                await asyncio.sleep(0.02)


@asynccontextmanager
async def following(
    server: LiveKitServer, room: str, *, wanted: str = "", key: bytes = b""
) -> AsyncIterator[Following]:
    client = rtc.Room()
    await client.connect(server.url, server.token(room, "booth"), room_options(key))
    made = Following(client, bool(key))
    made.source.start(wanted)
    made.health.start()
    try:
        yield made
        assert made.told == []
    finally:
        await made.health.aclose()
        await made.source.aclose()
        await client.disconnect()


@pytest.mark.parametrize("screen", [True, False])
async def test_a_picture_every_few_seconds_is_enough(
    livekit_server: LiveKitServer, screen: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "pressbox")
    room = f"seldom-{screen}"
    async with (
        camera(livekit_server, room, "laptop", publish=False) as laptop,
        following(livekit_server, room) as follower,
    ):
        laptop.screen, laptop.fps = screen, 5
        await laptop.publish()
        await follower.until(lambda: len(follower.true) >= 1)
        laptop.fps, seen = SELDOM, len(follower.true)
        await follower.until(lambda: len(follower.true) >= seen + 3, 5 / SELDOM)
        assert follower.events == ["laptop"]
        assert follower.trouble == ""
        assert len(follower.shown) >= 6, "the last one again, for late viewers"
        assert "subscribing anew" not in caplog.text


async def test_a_late_viewer_of_a_still_screen_has_a_picture(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with (
        scripted_engine(Repeat(ANSWER)) as engine,
        camera(livekit_server, "slide", "laptop", publish=False) as laptop,
        booth(livekit_server, "slide", engine.url, state_dir=tmp_path),
        watching(livekit_server.url, livekit_server.token("slide", "viewer")) as probe,
    ):
        laptop.screen = True
        await laptop.publish()
        await probe.until(lambda: len(probe.frames) > 20, timeout=40, what="the picture")
        laptop.sending = False
        await probe.until(lambda: "has not changed" in status(probe)["error"], timeout=30)
        assert not status(probe)["lost"]
        late = livekit_server.token("slide", "late")
        async with watching(livekit_server.url, late) as late_probe:
            await late_probe.until(lambda: len(late_probe.frames) > 1, timeout=15, what="a picture")
        laptop.sending = True
        await probe.until(lambda: status(probe)["error"] == "", timeout=10)
    assert probe.wrong == []


async def test_a_booth_that_comes_late_sees_the_next_picture_of_a_still_screen(
    livekit_server: LiveKitServer,
) -> None:
    async with camera(livekit_server, "late", "laptop", publish=False) as laptop:
        laptop.screen, laptop.fps = True, 1 / 10
        await laptop.publish()
        await asyncio.sleep(2)
        async with following(livekit_server, "late") as follower:
            await follower.until(lambda: len(follower.true) >= 1, 30)
            lost = follower.events.count("lost")
            await follower.until(lambda: len(follower.true) >= 2, 30)
            assert follower.events.count("lost") == lost <= 1


async def test_an_encrypted_camera_is_named_and_does_not_take_the_picture_away(
    livekit_server: LiveKitServer,
) -> None:
    async with following(livekit_server, "locked") as follower:
        async with camera(livekit_server, "locked", "phone", key=b"abc"):
            await follower.until(lambda: "phone's picture is encrypted" in follower.trouble)
            async with camera(livekit_server, "locked", "cam"):
                await follower.until(lambda: len(follower.true) > 10)
                assert follower.trouble == ""
        async with (
            camera(livekit_server, "locked", "cam2"),
            camera(livekit_server, "locked", "phone2", key=b"abc"),
        ):
            await follower.until(lambda: "phone2's" in follower.health.remark)
            seen = len(follower.true)
            await follower.until(lambda: len(follower.true) > seen + 10)
            assert follower.source.identity == "cam2"


async def test_with_its_key_an_encrypted_camera_is_seen_beside_plain_ones(
    livekit_server: LiveKitServer,
) -> None:
    async with (
        camera(livekit_server, "keyed", "plain"),
        following(livekit_server, "keyed", key=b"abc") as follower,
    ):
        await follower.until(lambda: len(follower.true) > 10)
        async with camera(livekit_server, "keyed", "phone", key=b"abc"):
            await follower.until(lambda: [who for who, _ in follower.true].count("phone") > 10)
        async with camera(livekit_server, "keyed", "stranger", key=b"another"):
            await follower.until(lambda: "stranger" in follower.health.remark, 20)
            assert follower.source.identity == "plain"
    assert "stranger" not in follower.events
    assert "lost" not in follower.events


async def test_a_key_that_is_not_the_publishers_is_told(livekit_server: LiveKitServer) -> None:
    async with (
        camera(livekit_server, "wrong", "stranger", key=b"another"),
        following(livekit_server, "wrong", key=b"abc") as follower,
    ):
        await follower.until(lambda: "another key than ROOM_KEY" in follower.trouble, 20)
        assert follower.true == []


async def test_a_newcomer_takes_over_without_a_gap(livekit_server: LiveKitServer) -> None:
    async with (
        camera(livekit_server, "over", "first"),
        following(livekit_server, "over") as follower,
    ):
        await follower.until(lambda: len(follower.true) > 30)
        async with camera(livekit_server, "over", "second"):
            await follower.until(lambda: follower.source.identity == "second")
            await follower.until(lambda: [who for who, _ in follower.true].count("second") > 5)
            times = [at for _, at in follower.true]
            assert follower.events == ["first", "second"]
            at = [who for who, _ in follower.true].index("second")
            assert times[at] - times[at - 1] < NO_PICTURE_AFTER


async def test_a_server_that_came_back_does_not_change_who_is_watched(
    livekit_server: LiveKitServer,
) -> None:
    async with (
        camera(livekit_server, "again", "film", ingress=True),
        camera(livekit_server, "again", "person"),
        following(livekit_server, "again") as follower,
    ):
        await follower.until(
            lambda: follower.source.identity == "person" and len(follower.true) > 10
        )
        await livekit_server.restart()
        seen = len(follower.true)
        await follower.until(lambda: len(follower.true) > seen + 10, 60)
        await asyncio.sleep(5)
        assert follower.source.identity == "person"
