"""The delayed picture: what LiveKit, the encoder and people do to it, and how it goes on."""

from __future__ import annotations

import asyncio
import threading
import time
from itertools import pairwise

import numpy as np
import pytest
from livekit import rtc
from livekit.rtc.participant import PublishTrackError

from agent.clock.display_clock import DisplayClock
from agent.clock.unix_clock import UnixClock
from agent.picture.delayed_track import NAME, DelayedTrack
from agent.picture.picture import Picture
from agent.surroundings import in_livekit
from tests.support.fake_rtc import REFUSED, STALL, FakeRoom, FakeRtc
from tests.support.fake_sources import Sent
from tests.support.rtc_script import Step
from tests.support.virtual_time import virtual
from video.encoder import VideoEncoder

DELAY = 3.0
INTERVAL = 0.1
BITRATE = 1_000_000


class Booth:
    """A source of ten small pictures a second and its delayed track."""

    def __init__(self, room: FakeRoom, delay: float = DELAY) -> None:
        self.room = room
        self.clock = DisplayClock(delay)
        self.unix = UnixClock()
        self.told: list[str] = []
        self.track = DelayedTrack(
            room,
            in_livekit(room).picture,
            self.clock,
            self.unix,
            codec="h264",
            bitrate=BITRATE,
            tell=self.told.append,
        )
        self.track.start()
        self.captures: list[float] = []

    async def film(self, seconds: float) -> None:
        for _ in range(round(seconds / INTERVAL)):
            await asyncio.sleep(INTERVAL)
            now = time.monotonic()
            self.captures.append(now)
            i420 = np.full((72, 64), len(self.captures) % 200, np.uint8)
            self.track.push(Picture(i420, 64, 48, now))

    def published(self) -> list[str]:
        publications = self.room.local_participant.track_publications.values()
        return [publication.name for publication in publications]


def sent(fake_rtc: FakeRtc) -> list[Sent]:
    return [one for source in fake_rtc.video_sources for one in source.sent]


def is_key(frame: rtc.EncodedVideoFrame) -> bool:
    return frame.frame_type == rtc.EncodedFrameType.ENCODED_FRAME_KEY


def ids(frames: list[rtc.EncodedVideoFrame]) -> list[int]:
    return [frame.metadata.frame_id for frame in frames if frame.metadata]


def seen(fake_rtc: FakeRtc) -> list[rtc.EncodedVideoFrame]:
    return [one.frame for one in sent(fake_rtc) if one.seen]


def key_gaps(fake_rtc: FakeRtc) -> list[float]:
    """Seconds between key frames."""
    keys = [one.frame.timestamp_us / 1e6 for one in sent(fake_rtc) if is_key(one.frame)]
    return [round(later - earlier, 2) for earlier, later in pairwise(keys)]


@virtual
async def test_every_picture_is_seen_late_with_its_time(fake_rtc: FakeRtc) -> None:
    booth = Booth(fake_rtc.room())
    await booth.film(6)
    await asyncio.sleep(DELAY)
    frames = sent(fake_rtc)
    assert [one.frame.metadata.user_timestamp for one in frames if one.frame.metadata] == [
        booth.unix.microseconds(capture) for capture in booth.captures
    ]
    late = [one.time - capture for one, capture in zip(frames, booth.captures, strict=True)]
    assert late == pytest.approx([DELAY] * 60, abs=0.001)
    assert all(one.seen for one in frames)
    assert booth.room.local.options[NAME].source == rtc.TrackSource.SOURCE_CAMERA
    await booth.track.aclose()
    await booth.track.aclose()
    assert booth.published() == []
    assert booth.told == []


@pytest.mark.parametrize("step", [REFUSED, Exception("InvalidState")])
@virtual
async def test_a_refused_picture_costs_those_that_build_on_it(
    fake_rtc: FakeRtc, step: Step
) -> None:
    fake_rtc.script.next("capture_video", *[None] * 15, step)
    booth = Booth(fake_rtc.room())
    await booth.film(5)
    await asyncio.sleep(DELAY)
    assert ids([one.frame for one in sent(fake_rtc)]) == [*range(1, 16), *range(21, 51)]
    assert len(seen(fake_rtc)) == 45 or isinstance(step, Exception)
    assert booth.track.refused == 1
    assert booth.told == []
    await booth.track.aclose()


@virtual
async def test_a_track_that_takes_nothing_any_more_is_opened_anew(fake_rtc: FakeRtc) -> None:
    booth = Booth(fake_rtc.room())
    await booth.film(6)
    fake_rtc.script.always("capture_video", REFUSED)
    await booth.film(6)
    fake_rtc.script.always("capture_video", None)
    await booth.film(6)
    assert "PictureRefusedError" in booth.told[0]
    assert len(fake_rtc.video_sources) > 1
    assert fake_rtc.video_sources[-1].seen
    assert booth.published() == [NAME]
    await booth.track.aclose()


@pytest.mark.parametrize("step", [PublishTrackError("no"), Exception("bare"), STALL])
@virtual
async def test_a_track_that_cannot_be_published_is_told_and_tried_again(
    fake_rtc: FakeRtc, step: Step
) -> None:
    fake_rtc.script.next("publish_track", step, step)
    booth = Booth(fake_rtc.room())
    await booth.film(40)
    assert [text.split(" failed ")[0] for text in booth.told] == ["the delayed picture"] * 2
    assert [source.closed for source in fake_rtc.video_sources] == [True, True, False]
    frames = sent(fake_rtc)
    assert all(one.seen for one in frames)
    lag = frames[-1].time - frames[-1].frame.timestamp_us / 1e6
    assert lag == pytest.approx(0, abs=0.001)
    await booth.track.aclose()


@virtual
async def test_a_republished_track_is_opened_anew_each_time(fake_rtc: FakeRtc) -> None:
    booth = Booth(fake_rtc.room())
    await booth.film(5)
    before = len(asyncio.all_tasks())
    for _ in range(10):
        booth.room.reconnect()
        await booth.film(3)
    assert len(fake_rtc.video_sources) == 11
    assert [source.closed for source in fake_rtc.video_sources] == [True] * 10 + [False]
    assert booth.published() == [NAME]
    assert len(asyncio.all_tasks()) == before
    await booth.track.aclose()


@virtual
async def test_a_change_of_settings_keeps_what_the_network_asks_for(fake_rtc: FakeRtc) -> None:
    booth = Booth(fake_rtc.room())
    await booth.film(5)
    fake_rtc.video_sources[0].wish(bitrate=300_000)
    await booth.film(2.5)
    asked = key_gaps(fake_rtc)
    for bitrate in (BITRATE, 2 * BITRATE, 400_000, BITRATE):
        booth.track.set_bitrate(bitrate)
        await booth.film(1.3)
    await booth.film(5)
    gaps = key_gaps(fake_rtc)
    assert sum(gap != 1.0 for gap in gaps) == 1, "only the network's wish opens another encoder"
    booth.track.set_bitrate(200_000)
    await booth.film(5)
    assert sum(gap != 1.0 for gap in key_gaps(fake_rtc)) == 2
    assert len(asked) < len(gaps)
    await booth.track.aclose()


async def test_the_end_does_not_stop_the_loop_and_takes_its_handler_back(
    fake_rtc: FakeRtc, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoding, loop_goes_on = threading.Event(), threading.Event()

    def encode(*_: object, **__: object) -> list[object]:
        encoding.set()
        assert loop_goes_on.wait(5)
        return []

    monkeypatch.setattr(VideoEncoder, "encode", encode)
    room = fake_rtc.room()
    booth = Booth(room)
    await booth.film(INTERVAL)
    await asyncio.to_thread(encoding.wait, 5)
    closing = asyncio.create_task(booth.track.aclose())
    await asyncio.sleep(0.01)
    loop_goes_on.set()
    await closing
    assert not any(thread.name.startswith("encoder") for thread in threading.enumerate())
    assert not room._events["local_track_republished"]
