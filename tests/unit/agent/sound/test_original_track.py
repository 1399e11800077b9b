"""The source's sound: with its picture, or not at all."""

from __future__ import annotations

import asyncio
import time

import numpy as np
from livekit import rtc
from livekit.rtc.participant import PublishTrackError

from agent.clock.display_clock import DisplayClock
from agent.sound.original_track import MOST_HELD, SAMPLE_RATE, OriginalTrack
from agent.surroundings import in_livekit
from tests.support.fake_rtc import STALL, FakeRoom, FakeRtc
from tests.support.fake_sources import Heard
from tests.support.virtual_time import virtual

DELAY = 3.0
PIECE = 0.01


class Booth:
    """A source that hums, each piece louder than the one before: its level tells when it was."""

    def __init__(self, room: FakeRoom) -> None:
        self.clock = DisplayClock(DELAY)
        self.told: list[str] = []
        self.track = OriginalTrack(room, in_livekit(room).sound, self.clock, tell=self.told.append)
        self.track.start()
        self.begun = time.monotonic()

    async def hum(self, seconds: float) -> None:
        for _ in range(round(seconds / PIECE)):
            level = round((time.monotonic() - self.begun) / PIECE)
            samples = np.full(round(SAMPLE_RATE * PIECE), level, np.int16)
            await asyncio.sleep(PIECE)
            frame = rtc.AudioFrame(samples.tobytes(), SAMPLE_RATE, 1, len(samples))
            self.track.push(frame, time.monotonic())

    def lateness(self, heard: Heard) -> float:
        """Seconds by which a piece was heard after its picture."""
        captured = self.begun + heard.frame.data[0] * PIECE
        return heard.start - captured - DELAY


def heard(fake_rtc: FakeRtc) -> list[Heard]:
    return [piece for source in fake_rtc.audio_sources for piece in source.heard]


@virtual
async def test_sound_is_heard_with_its_picture(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    booth = Booth(room)
    await booth.hum(5)
    await asyncio.sleep(5)
    pieces = heard(fake_rtc)
    assert len(pieces) == 500
    assert all(abs(booth.lateness(piece)) < 0.06 for piece in pieces)
    assert room.local.options["original"].source == rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO
    await booth.track.aclose()
    await booth.track.aclose()
    assert not room.local_participant.track_publications
    assert fake_rtc.audio_sources[0].closed


@virtual
async def test_sound_that_would_be_late_is_left_out(fake_rtc: FakeRtc) -> None:
    booth = Booth(fake_rtc.room())
    humming = asyncio.create_task(booth.hum(10))
    fake_rtc.script.next("capture_audio", *[None] * 100, 1.5)
    await humming
    await asyncio.sleep(5)
    pieces = heard(fake_rtc)
    assert 800 < len(pieces) < 900
    assert sum(abs(booth.lateness(piece)) > 0.15 for piece in pieces) <= 1  # the stalled one
    await booth.track.aclose()


@virtual
async def test_no_more_is_held_than_can_ever_be_due(fake_rtc: FakeRtc) -> None:
    booth = Booth(fake_rtc.room())
    frame = rtc.AudioFrame(b"\0\0" * 480, SAMPLE_RATE, 1, 480)
    for _ in range(MOST_HELD + 100):
        booth.track.push(frame, time.monotonic() + 60)
    assert len(booth.track._held) == MOST_HELD
    await booth.track.aclose()


@virtual
async def test_a_room_that_stalls_does_not_keep_us(fake_rtc: FakeRtc) -> None:
    booth = Booth(fake_rtc.room())
    await booth.hum(4)
    fake_rtc.script.always("unpublish_track", STALL)
    fake_rtc.script.always("capture_audio", STALL)
    async with asyncio.timeout(10):
        await booth.track.aclose()
    assert fake_rtc.audio_sources[0].closed


@virtual
async def test_a_track_that_cannot_be_published_is_tried_now_and_then(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    booth = Booth(room)
    fake_rtc.script.next("publish_track", PublishTrackError("no"), Exception("bare"), STALL, 2.0)
    await booth.hum(40)
    assert len(fake_rtc.audio_sources) == 4
    assert [source.closed for source in fake_rtc.audio_sources] == [True, True, True, False]
    pieces = heard(fake_rtc)
    assert pieces
    assert all(abs(booth.lateness(piece)) < 0.15 for piece in pieces)
    assert booth.told == []
    await booth.track.aclose()
