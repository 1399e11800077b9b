"""What is subscribed to and read, in a room in which everything happens by script."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from livekit import rtc

from config.source_names import MODEL_TRACK
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
async def test_the_blanks_with_which_a_track_ends_are_no_pictures(fake_rtc: FakeRtc) -> None:
    async with staged(fake_rtc) as stage:
        camera = stage.room.join("cam").publish()
        await stage.send(camera, width=8)
        assert stage.pictures == []
        await stage.send(camera)
        assert len(stage.pictures) == 1
