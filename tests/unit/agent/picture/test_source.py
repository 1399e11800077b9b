"""What is subscribed to and read, in a room in which everything happens by script."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from livekit import rtc

from agent.picture.source import LOOK_INTERVAL
from agent.picture.source_choice import FIRST_PAUSE, TRIAL
from config.source_names import MODEL_TRACK
from tests.support.fake_remote import FakeRemoteParticipant
from tests.support.fake_rtc import FakeRtc
from tests.support.virtual_time import virtual

from .source_stage import INGRESS, FakeStream, staged


@virtual
async def test_only_what_is_watched_is_subscribed_to(fake_rtc: FakeRtc) -> None:
    async with staged(fake_rtc) as stage:
        gate = stage.room.join("gate", kind=INGRESS)
        camera = gate.publish()
        sound = gate.publish(kind=rtc.TrackKind.KIND_AUDIO)
        small = gate.publish(name=MODEL_TRACK)
        other = stage.room.join("viewer").publish(kind=rtc.TrackKind.KIND_AUDIO)
        for publication in (camera, sound, small):
            assert await stage.send(publication)
        assert (len(stage.pictures), stage.heard) == (1, ["sound", "small"])
        assert other.asked == []
        gate.unpublish(camera)
        await asyncio.sleep(1)
        assert (stage.source.identity, stage.changes) == ("", ["gate", ""])
        assert FakeStream.open == {}


@virtual
async def test_a_persons_track_of_any_name_is_a_camera(fake_rtc: FakeRtc) -> None:
    async with staged(fake_rtc) as stage:
        assert await stage.send(stage.room.join("robot").publish(name=MODEL_TRACK))
        assert [who for who, _ in stage.pictures] == ["robot"]


@virtual
async def test_a_newcomers_first_picture_is_the_one_that_makes_it_the_source(
    fake_rtc: FakeRtc,
) -> None:
    async with staged(fake_rtc) as stage:
        first = stage.room.join("first").publish()
        await stage.send(first)
        second = stage.room.join("second").publish()
        assert await stage.send(first)
        assert stage.source.identity == "first"
        assert await stage.send(second)
        assert [who for who, _ in stage.pictures] == ["first", "first", "second"]
        assert stage.changes == ["first", "second"]
        await asyncio.sleep(1)
        assert list(FakeStream.open) == [second.sid]
        assert first.asked[-1] is False


@virtual
async def test_one_that_brings_nothing_never_takes_the_picture_away(fake_rtc: FakeRtc) -> None:
    async with staged(fake_rtc) as stage:
        first = stage.room.join("first").publish()
        await stage.send(first)
        dead = stage.room.join("dead").publish()
        await stage.film(first, 2 * 3600, fps=0.2)
        assert stage.changes == ["first"]
        assert 5 < dead.asked.count(True) < 2 * 6 * 3 + 24
        assert stage.health.remark == "no picture comes from dead"
        while not await stage.send(dead):
            await stage.send(first)
        assert stage.source.identity == "dead"


@virtual
async def test_another_camera_of_the_same_one_is_another_picture_and_its_return_is_not(
    fake_rtc: FakeRtc,
) -> None:
    async with staged(fake_rtc, wanted="robot/front") as stage:
        robot = stage.room.join("robot")
        front, back = robot.publish(name="front"), robot.publish(name="back")
        assert await stage.send(front)
        assert not await stage.send(back)
        stage.source.want("robot/back")
        assert await stage.send(back)
        assert (stage.changes, stage.anew) == (["robot", "robot"], ["robot", "robot"])
        robot.unpublish(back)
        again = robot.publish(name="back")
        assert await stage.send(again)
        assert (stage.changes[2:], stage.anew[2:]) == (["", "robot"], [])


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"mime_type": "video/H265"}, "phone sends H265, which cannot be decoded here"),
        (
            {"encryption_type": rtc.EncryptionType.GCM},
            "phone's picture is encrypted end to end and there is no ROOM_KEY here",
        ),
    ],
)
@virtual
async def test_who_cannot_be_seen_is_named_and_never_subscribed_to(
    fake_rtc: FakeRtc, how: dict[str, Any], why: str
) -> None:
    async with staged(fake_rtc) as stage:
        phone = stage.room.join("phone")
        barred = phone.publish(**how)
        sound = phone.publish(kind=rtc.TrackKind.KIND_AUDIO)
        await asyncio.sleep(3600)
        assert (stage.source.identity, stage.trouble) == ("phone", why)
        good = stage.room.join("good").publish()
        assert await stage.send(good)
        assert (stage.source.identity, stage.trouble) == ("good", "")
        assert stage.health.remark == "", "the good one is newer"
        stage.room.leave("phone")
        await stage.film(good, 60)
        again = stage.room.join("phone").publish(**how)
        await stage.send(good)
        assert (stage.source.identity, stage.trouble, stage.health.remark) == ("good", "", why)
        assert (barred.asked, sound.asked, again.asked) == ([], [], [])


@virtual
async def test_with_a_key_what_is_encrypted_is_read(fake_rtc: FakeRtc) -> None:
    async with staged(fake_rtc, has_key=True) as stage:
        phone = stage.room.join("phone").publish(encryption_type=rtc.EncryptionType.GCM)
        assert await stage.send(phone)


@virtual
async def test_a_reader_that_fails_is_told_and_begins_anew(fake_rtc: FakeRtc) -> None:
    async with staged(fake_rtc) as stage:
        camera = stage.room.join("cam").publish()
        await stage.send(camera)
        stage.fault = RuntimeError("a bug")
        await stage.send(camera)
        assert len(stage.told) == 1
        await asyncio.sleep(1)
        assert await stage.send(camera)
        assert len(stage.pictures) == 2


@pytest.mark.parametrize("taken_away", [False, True])
@virtual
async def test_a_track_that_comes_back_as_another_object_is_read_again(
    fake_rtc: FakeRtc, taken_away: bool
) -> None:
    async with staged(fake_rtc) as stage:
        camera = stage.room.join("cam").publish()
        await stage.send(camera)
        if taken_away:
            camera.set_subscribed(False)  # as when the server does it
        else:
            stage.source.renew()
        await asyncio.sleep(0.02)
        assert FakeStream.open == {}
        assert await stage.send(camera)
        assert len(stage.pictures) == 2
        assert False in camera.asked


@virtual
async def test_given_up_it_makes_room_and_comes_back_with_a_picture(fake_rtc: FakeRtc) -> None:
    async with staged(fake_rtc) as stage:
        first, second = stage.room.join("first").publish(), stage.room.join("second").publish()
        await stage.send(second)
        stage.source.give_up()
        await asyncio.sleep(LOOK_INTERVAL)
        assert await stage.send(first)
        assert stage.source.identity == "first"
        await asyncio.sleep(FIRST_PAUSE + LOOK_INTERVAL)
        assert await stage.send(second)
        assert stage.source.identity == "second"
        stage.source.give_up()
        await stage.film(first, FIRST_PAUSE + TRIAL + 2 * LOOK_INTERVAL)
        assert second.asked[-1] is False, "a trial ends"


@virtual
async def test_the_blanks_with_which_a_track_ends_are_no_pictures(fake_rtc: FakeRtc) -> None:
    async with staged(fake_rtc) as stage:
        camera = stage.room.join("cam").publish()
        await stage.send(camera, width=8)
        assert stage.pictures == []
        await stage.send(camera)
        assert len(stage.pictures) == 1


@virtual
async def test_a_late_booth_watches_who_joined_last(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    joined: list[FakeRemoteParticipant] = []
    for identity in "abc":
        joined.append(room.join(identity))
        await asyncio.sleep(1)
    room.join("film", kind=INGRESS).publish()
    for participant in reversed(joined):
        participant.publish()
    room._remote_participants = dict(sorted(room._remote_participants.items(), reverse=True))
    async with staged(fake_rtc, room=room) as stage:
        assert stage.source.identity == "c"
        stage.room.leave("c", rtc.DisconnectReason.UNKNOWN_REASON)
        assert stage.source.identity == "b"
        await stage.send(stage.room.join("c").publish())
        assert stage.source.identity == "c"
        stage.room.leave("a")
        await asyncio.sleep(60)
        await stage.send(stage.room.join("a").publish())
        assert stage.source.identity == "a"
