"""What is shown, asked and said while a source brings no pictures."""

from __future__ import annotations

import asyncio
import time

import pytest
from livekit import rtc
from livekit.rtc._proto import stats_pb2

from agent.picture.liveness import NO_PICTURE_AFTER
from agent.picture.source_health import STILL_INTERVAL, STILL_TOLD_AFTER, TICK
from tests.support.fake_rtc import STALL, FakeRtc
from tests.support.virtual_time import virtual

from .source_stage import BRIGHT, INGRESS, say, staged


@virtual
async def test_a_camera_that_falls_silent_is_given_time_and_asked_for_anew(
    fake_rtc: FakeRtc,
) -> None:
    async with staged(fake_rtc) as stage:
        track = stage.room.join("cam").publish()
        await stage.film(track, 2)
        fake_rtc.script.next("get_stats", RuntimeError("none"), STALL)
        await asyncio.sleep(NO_PICTURE_AFTER - 2 * TICK)
        assert stage.events == []
        await asyncio.sleep(20)
        assert stage.events == ["lost"]
        assert stage.trouble == "no picture from cam for more than 5 s"
        assert track.asked.count(False) == 2


@virtual
async def test_a_track_that_is_replaced_at_once_is_not_lost(fake_rtc: FakeRtc) -> None:
    async with staged(fake_rtc) as stage:
        gate = stage.room.join("gate", kind=INGRESS)
        track = gate.publish()
        await stage.film(track, 1)
        gate.unpublish(track)
        await asyncio.sleep(TICK)
        track = gate.publish()
        await asyncio.sleep(1)
        await stage.film(track, 2)
        assert stage.events == []


@virtual
async def test_without_any_picture_ever_it_is_said_why(fake_rtc: FakeRtc) -> None:
    async with staged(fake_rtc) as stage:
        await asyncio.sleep(STILL_TOLD_AFTER + 1)
        assert (stage.trouble, stage.health.remark) == ("no camera in the room", "")
        gate = stage.room.join("gate", kind=INGRESS)
        say(gate, "failed", "wrong user name or password")
        assert stage.trouble == "gate: failed, wrong user name or password"
        track = gate.publish()
        await asyncio.sleep(10)
        assert (stage.health.lost, stage.shown) == (True, [])
        await stage.film(track, 1)
        assert stage.events == ["lost", "back"]
        stage.source.want("yard")
        assert stage.trouble == "yard publishes no video here"
        say(stage.room.join("yard", kind=INGRESS), "connecting")
        assert stage.trouble == "yard: connecting"


@virtual
async def test_a_still_picture_is_shown_again_unmarked_and_told(fake_rtc: FakeRtc) -> None:
    async with staged(fake_rtc) as stage:
        track = stage.room.join("laptop").publish(source=rtc.TrackSource.SOURCE_SCREENSHARE)
        await stage.film(track, 5)
        await asyncio.sleep(60)
        assert len(stage.shown) == pytest.approx(60 / STILL_INTERVAL, abs=2)
        assert all(one.i420.mean() == BRIGHT for one in stage.shown)
        times = [one.capture for one in stage.shown]
        assert times == sorted(set(times))
        assert times[-1] > time.monotonic() - STILL_INTERVAL - TICK
        assert (stage.events, stage.trouble, False in track.asked) == ([], "", False)
        assert stage.health.remark.startswith("laptop: the picture has not changed since ")
        await stage.film(track, 1)
        assert stage.health.remark == ""


@pytest.mark.parametrize(
    ("encryption", "why"),
    [
        (rtc.EncryptionType.NONE, "phone's picture arrives and cannot be decoded"),
        (rtc.EncryptionType.GCM, "phone's picture is encrypted with another key than ROOM_KEY"),
    ],
)
@virtual
async def test_what_cannot_be_decoded_is_told_as_what_it_is_and_makes_room(
    fake_rtc: FakeRtc, encryption: rtc.EncryptionType.ValueType, why: str
) -> None:
    async with staged(fake_rtc, has_key=True) as stage:
        screen = rtc.TrackSource.SOURCE_SCREENSHARE
        other = stage.room.join("other").publish(source=screen)
        phone = stage.room.join("phone").publish(encryption_type=encryption)
        stats = stats_pb2.RtcStats()
        for number in range(1, 110):
            stats.inbound_rtp.inbound.bytes_received = 1000 * number
            if phone.track:
                phone.track.stats = [stats]  # type: ignore[union-attr]
            await asyncio.sleep(0.1)
        assert stage.trouble == why
        assert not await stage.send(other)
        await asyncio.sleep(2)
        assert await stage.send(other)
        assert stage.source.identity == "other"
