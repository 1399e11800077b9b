"""What is subscribed to and read, in a room in which everything happens by script."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest
from livekit import rtc

from agent.picture.picture import Picture
from agent.picture.source import Source
from agent.picture.source_choice import FIRST_PAUSE, TRIAL
from config.source_names import MODEL_TRACK
from tests.support.fake_remote import FakeRemoteParticipant, FakeRemotePublication
from tests.support.fake_rtc import FakeRoom, FakeRtc
from tests.support.virtual_time import virtual

INGRESS = rtc.ParticipantKind.PARTICIPANT_KIND_INGRESS


class FakeStream:
    """What comes of a track; read at most once at a time, and closed when that ends."""

    open: ClassVar[dict[str, FakeStream]] = {}

    def __init__(self, track: rtc.Track, **_: object) -> None:
        assert track.sid not in self.open
        self.open[track.sid] = self
        self._sid = track.sid
        self._queue: asyncio.Queue[Any] = asyncio.Queue()

    def __aiter__(self) -> FakeStream:
        return self

    async def __anext__(self) -> Any:
        event = await self._queue.get()
        if isinstance(event, Exception):
            raise event
        return event

    async def aclose(self) -> None:
        self.open.pop(self._sid, None)

    def put(self, event: Any) -> None:
        self._queue.put_nowait(event)


def event(width: int = 32) -> rtc.VideoFrameEvent:
    data = bytes(width * width * 3 // 2)
    frame = rtc.VideoFrame(width, width, rtc.VideoBufferType.I420, data)
    upright: Any = rtc.VideoRotation.VIDEO_ROTATION_0
    return rtc.VideoFrameEvent(frame, round(time.monotonic() * 1e6), upright)


class Stand:
    """A source at work in a fake room."""

    def __init__(self, room: FakeRoom) -> None:
        self.room = room
        self.pictures: list[tuple[str, Picture]] = []
        self.changes: list[str] = []
        self.told: list[str] = []
        self.sounds = 0
        self.small = 0
        self.fault: Exception | None = None
        self.source = Source(
            room,
            on_picture=self._picture,
            on_model_picture=lambda _: self._count("small"),
            on_sound=lambda *_: self._count("sounds"),
            on_change=self.changes.append,
            tell=self.told.append,
        )

    def _count(self, what: str) -> None:
        setattr(self, what, getattr(self, what) + 1)

    def _picture(self, picture: Picture) -> None:
        fault, self.fault = self.fault, None
        if fault:
            raise fault
        self.pictures.append((self.source.identity, picture))

    async def send(self, publication: FakeRemotePublication, *, width: int = 32) -> bool:
        """A picture of that track, if anybody reads it."""
        await asyncio.sleep(0.2)
        stream = FakeStream.open.get(publication.sid)
        if stream:
            stream.put(event(width))
            await asyncio.sleep(0.01)
        return stream is not None


@pytest.fixture(autouse=True)
def streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.picture.source.FrameStream", FakeStream)
    monkeypatch.setattr(rtc, "AudioStream", FakeStream)


@asynccontextmanager
async def standing(
    fake_rtc: FakeRtc, wanted: str = "", room: FakeRoom | None = None
) -> AsyncIterator[Stand]:
    stand = Stand(room or fake_rtc.room())
    stand.source.start(wanted)
    try:
        yield stand
    finally:
        await stand.source.aclose()
        await stand.source.aclose()
        assert FakeStream.open == {}


@virtual
async def test_only_what_is_watched_is_subscribed_to(fake_rtc: FakeRtc) -> None:
    async with standing(fake_rtc) as stand:
        gate = stand.room.join("gate", kind=INGRESS)
        camera = gate.publish()
        sound = gate.publish(kind=rtc.TrackKind.KIND_AUDIO)
        small = gate.publish(name=MODEL_TRACK)
        other = stand.room.join("viewer").publish(kind=rtc.TrackKind.KIND_AUDIO)
        for publication in (camera, sound, small):
            assert await stand.send(publication)
        assert (len(stand.pictures), stand.sounds, stand.small) == (1, 1, 1)
        assert other.asked == []
        gate.unpublish(camera)
        await asyncio.sleep(1)
        assert (stand.source.identity, stand.changes) == ("", ["gate", ""])
        assert FakeStream.open == {}


@virtual
async def test_a_newcomers_first_picture_is_the_one_that_makes_it_the_source(
    fake_rtc: FakeRtc,
) -> None:
    async with standing(fake_rtc) as stand:
        first = stand.room.join("first").publish()
        await stand.send(first)
        second = stand.room.join("second").publish()
        assert await stand.send(first)
        assert stand.source.identity == "first"
        assert await stand.send(second)
        assert [who for who, _ in stand.pictures] == ["first", "first", "second"]
        assert stand.changes == ["first", "second"]
        await asyncio.sleep(1)
        assert list(FakeStream.open) == [second.sid]
        assert first.asked[-1] is False


@virtual
async def test_one_that_brings_nothing_never_takes_the_picture_away(fake_rtc: FakeRtc) -> None:
    async with standing(fake_rtc) as stand:
        first = stand.room.join("first").publish()
        await stand.send(first)
        dead = stand.room.join("dead").publish()
        hours = 2
        for _ in range(hours * 720):
            await asyncio.sleep(5)
            await stand.send(first)
        assert stand.changes == ["first"]
        assert 5 < dead.asked.count(True) < hours * 6 * 3 + 24
        assert stand.source.passed_over == "no picture comes from dead"
        await asyncio.sleep(600)
        while not await stand.send(dead):
            await asyncio.sleep(1)
        assert stand.source.identity == "dead"


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"mime_type": "video/H265"}, "phone sends H.265, which cannot be decoded here"),
        (
            {"encryption_type": rtc.EncryptionType.GCM},
            "phone's picture is encrypted end to end and there is no ROOM_KEY here",
        ),
    ],
)
def test_who_cannot_be_seen_is_named_and_never_subscribed_to(
    fake_rtc: FakeRtc, how: dict[str, Any], why: str
) -> None:
    @virtual
    async def run() -> None:
        async with standing(fake_rtc) as stand:
            phone = stand.room.join("phone")
            barred = phone.publish(**how)
            sound = phone.publish(kind=rtc.TrackKind.KIND_AUDIO)
            await asyncio.sleep(3600)
            assert (stand.source.identity, stand.source.barrier) == ("phone", why)
            good = stand.room.join("good").publish()
            assert await stand.send(good)
            assert (stand.source.identity, stand.source.barrier) == ("good", "")
            assert stand.source.passed_over == "", "the good one is newer"
            stand.room.leave("phone")
            await asyncio.sleep(60)
            again = stand.room.join("phone").publish(**how)
            await stand.send(good)
            assert (stand.source.identity, stand.source.passed_over) == ("good", why)
            assert (barred.asked, sound.asked, again.asked) == ([], [], [])

    run()


@virtual
async def test_a_reader_that_fails_is_told_and_begins_anew(fake_rtc: FakeRtc) -> None:
    async with standing(fake_rtc) as stand:
        camera = stand.room.join("cam").publish()
        await stand.send(camera)
        stand.fault = RuntimeError("a bug")
        await stand.send(camera)
        assert len(stand.told) == 1
        await asyncio.sleep(1)
        assert await stand.send(camera)
        assert len(stand.pictures) == 2


@virtual
async def test_a_track_that_comes_back_as_another_object_is_read_again(fake_rtc: FakeRtc) -> None:
    async with standing(fake_rtc) as stand:
        camera = stand.room.join("cam").publish()
        await stand.send(camera)
        stand.source.renew()
        await asyncio.sleep(0.02)
        assert FakeStream.open == {}
        assert await stand.send(camera)
        assert len(stand.pictures) == 2
        assert False in camera.asked


@virtual
async def test_what_the_server_has_taken_away_is_asked_for_again(fake_rtc: FakeRtc) -> None:
    async with standing(fake_rtc) as stand:
        camera = stand.room.join("cam").publish()
        await stand.send(camera)
        camera.set_subscribed(False)
        await asyncio.sleep(0.02)
        assert FakeStream.open == {}
        assert await stand.send(camera)
        assert len(stand.pictures) == 2


@virtual
async def test_given_up_it_makes_room_and_comes_back_with_a_picture(fake_rtc: FakeRtc) -> None:
    async with standing(fake_rtc) as stand:
        first, second = stand.room.join("first").publish(), stand.room.join("second").publish()
        await stand.send(second)
        assert stand.source.identity == "second"
        stand.source.give_up()
        assert stand.source.identity == "first"
        assert await stand.send(first)
        await asyncio.sleep(FIRST_PAUSE)
        assert await stand.send(second)
        assert stand.source.identity == "second"
        stand.source.give_up()
        await asyncio.sleep(FIRST_PAUSE + TRIAL + 1)
        assert second.asked[-1] is False, "a trial ends"


@virtual
async def test_the_blanks_with_which_a_track_ends_are_no_pictures(fake_rtc: FakeRtc) -> None:
    async with standing(fake_rtc) as stand:
        camera = stand.room.join("cam").publish()
        await stand.send(camera, width=8)
        assert stand.pictures == []
        await stand.send(camera)
        assert len(stand.pictures) == 1


@virtual
async def test_a_late_booth_watches_who_joined_last(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    joined: list[FakeRemoteParticipant] = []
    for identity in "abc":
        joined.append(room.join(identity))
        await asyncio.sleep(1)
    room.join("film", kind=INGRESS).publish()
    for participant in joined:
        participant.publish()
    room._remote_participants = dict(sorted(room._remote_participants.items(), reverse=True))
    async with standing(fake_rtc, room=room) as stand:
        assert stand.source.identity == "c"
        stand.room.leave("c", rtc.DisconnectReason.UNKNOWN_REASON)
        assert stand.source.identity == "b"
        publication = stand.room.join("c").publish()
        await stand.send(publication)
        assert stand.source.identity == "c"
        stand.room.leave("a")
        await asyncio.sleep(60)
        await stand.send(stand.room.join("a").publish())
        assert stand.source.identity == "a"
