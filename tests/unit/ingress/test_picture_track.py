"""What a published picture wishes of its encoder."""

from __future__ import annotations

import asyncio
import time

import pytest
from livekit import rtc

from ingress.picture_track import LEAST_BITRATE, PictureTrack
from ingress.reader.messages import Order, Unit
from tests.support.fake_rtc import FakeRtc
from tests.support.fake_sources import FakeEncodedVideoSource
from tests.support.virtual_time import virtual

CEILING = 2_500_000


async def published(track: PictureTrack, fake_rtc: FakeRtc) -> FakeEncodedVideoSource:
    """Enters a room; the track is there."""
    before = len(fake_rtc.video_sources)
    track.entered(fake_rtc.room())
    track.show(Unit(True, 320, 180, time.monotonic(), time.monotonic(), b"\0\0\0\1\x65"))
    while len(fake_rtc.video_sources) == before or not fake_rtc.video_sources[-1].sent:
        await asyncio.sleep(0.01)
    return fake_rtc.video_sources[-1]


@virtual
async def test_another_track_begins_at_the_ceiling_whatever_the_last_one_was_asked_for(
    fake_rtc: FakeRtc,
) -> None:
    track = PictureTrack(
        "camera", rtc.TrackSource.SOURCE_CAMERA, bitrate=CEILING, stuck=pytest.fail
    )
    assert track.wishes() == Order(key=False)
    source = await published(track, fake_rtc)
    assert track.wishes().bitrate == CEILING
    source.wish(bitrate=72_000)  # the room stands still
    assert [track.wishes().bitrate for _ in range(3)] == [LEAST_BITRATE] * 3
    track.left()
    again = await published(track, fake_rtc)
    assert track.wishes().bitrate == CEILING
    again.wish(bitrate=9_000_000)
    assert track.wishes().bitrate == CEILING
    await track.aclose()
