"""A source and its health at work in a fake room, in which pictures come when the test says so."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar
from unittest import mock

from livekit import rtc

from agent.clock.unix_clock import UnixClock
from agent.picture.picture import Picture
from agent.picture.source import Source
from agent.picture.source_health import SourceHealth
from tests.support.fake_remote import FakeRemoteParticipant, FakeRemotePublication
from tests.support.fake_rtc import FakeRoom, FakeRtc

INGRESS = rtc.ParticipantKind.PARTICIPANT_KIND_INGRESS
BRIGHT = 220


class FakeStream:
    """What comes of a track; read at most once at a time, and closed when that ends."""

    open: ClassVar[dict[str, Any]] = {}

    def __init__(self, track: rtc.Track, **_: object) -> None:
        assert track.sid not in self.open
        self.open[track.sid] = self
        self._sid = track.sid
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self.put = self._queue.put_nowait

    def __aiter__(self) -> FakeStream:
        return self

    async def __anext__(self) -> Any:
        return await self._queue.get()

    async def aclose(self) -> None:
        self.open.pop(self._sid, None)


def event(width: int = 160, level: int = BRIGHT) -> rtc.VideoFrameEvent:
    frame = rtc.VideoFrame(
        width, width, rtc.VideoBufferType.I420, bytes([level]) * (width * width * 3 // 2)
    )
    upright: Any = rtc.VideoRotation.VIDEO_ROTATION_0
    return rtc.VideoFrameEvent(frame, round(time.monotonic() * 1e6), upright)


def say(ingress: FakeRemoteParticipant, state: str, error: str = "", frozen: float = 0.0) -> None:
    """As an ingress tells it."""
    told = json.dumps({"state": state, "error": error, "frozen": frozen})
    ingress.change(pressbox__ingress=told)


class Stage:
    def __init__(self, room: FakeRoom, *, has_key: bool = False) -> None:
        self.room = room
        self.pictures: list[tuple[str, Picture]] = []
        self.shown: list[Picture] = []
        """What the health has shown."""
        self.changes: list[str] = []
        self.anew: list[str] = []
        """Those of them of which nothing had been seen yet."""
        self.events: list[str] = []
        self.told: list[str] = []
        self.heard: list[str] = []
        self.fault: Exception | None = None
        self.source = Source(
            room,
            on_picture=self._picture,
            on_model_picture=lambda _: self.heard.append("small"),
            on_sound=lambda *_: self.heard.append("sound"),
            on_change=self._change,
            tell=self.told.append,
            has_key=has_key,
        )
        self.health = SourceHealth(
            self.source,
            UnixClock(),
            show=self.shown.append,
            on_lost=lambda: self.events.append("lost"),
            on_back=lambda: self.events.append("back"),
            tell=self.told.append,
        )
        room.on("participant_attributes_changed", self.health.look)

    def _picture(self, picture: Picture) -> None:
        fault, self.fault = self.fault, None
        if fault:
            raise fault
        self.pictures.append((self.source.identity, picture))
        self.health.seen(picture)

    def _change(self, identity: str) -> None:
        self.changes.append(identity)
        if self.health.changed(identity):
            self.anew.append(identity)

    async def send(self, publication: FakeRemotePublication, *, width: int = 64) -> bool:
        """A picture of that track, if anybody reads it."""
        await asyncio.sleep(0.2)
        stream = FakeStream.open.get(publication.sid)
        if stream:
            stream.put(event(width))
            await asyncio.sleep(0.01)
        return stream is not None

    async def film(
        self, publication: FakeRemotePublication, seconds: float, *, fps: float = 20
    ) -> None:
        """Pictures of that track."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if stream := FakeStream.open.get(publication.sid):
                stream.put(event())
            await asyncio.sleep(1 / fps)

    @property
    def trouble(self) -> str:
        return self.health.trouble(time.monotonic())


@asynccontextmanager
async def staged(
    fake_rtc: FakeRtc, *, wanted: str = "", room: FakeRoom | None = None, has_key: bool = False
) -> AsyncIterator[Stage]:
    with (
        mock.patch("agent.picture.source.FrameStream", FakeStream),
        mock.patch.object(rtc, "AudioStream", FakeStream),
    ):
        stage = Stage(room or fake_rtc.room(), has_key=has_key)
        stage.source.start(wanted)
        stage.health.start()
        try:
            yield stage
        finally:
            for _ in range(2):
                await stage.health.aclose()
                await stage.source.aclose()
            assert FakeStream.open == {}
