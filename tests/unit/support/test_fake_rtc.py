"""The fakes refuse, stall and lose as LiveKit does: what is tested with them rests on it."""

from __future__ import annotations

import asyncio
import time

import pytest
from livekit import rtc
from livekit.rtc.data_stream import StreamError
from livekit.rtc.participant import PublishTrackError, UnpublishTrackError

from tests.support.fake_rtc import REFUSED, STALL, FakeRtc
from tests.support.fake_sources import FakeAudioSource
from tests.support.virtual_time import START, virtual

RATE = 24_000


def _sound(seconds: float) -> rtc.AudioFrame:
    samples = round(seconds * RATE)
    return rtc.AudioFrame(b"\0\0" * samples, RATE, 1, samples)


def _source(fake_rtc: FakeRtc, queue_ms: int) -> FakeAudioSource:
    rtc.AudioSource(RATE, 1, queue_size_ms=queue_ms)
    return fake_rtc.audio_sources[-1]


@virtual
async def test_sound_waits_while_the_queue_is_full(fake_rtc: FakeRtc) -> None:
    source = _source(fake_rtc, 60)
    for _ in range(10):
        await source.capture_frame(_sound(0.02))
    assert time.monotonic() - START == pytest.approx(0.2 - 0.06)
    assert source.queued_duration == pytest.approx(0.06)
    assert source.heard[-1].end - START == pytest.approx(0.2)


@virtual
async def test_sound_that_is_cleared_is_not_heard(fake_rtc: FakeRtc) -> None:
    source = _source(fake_rtc, 1000)
    await source.capture_frame(_sound(0.5))
    await asyncio.sleep(0.2)
    source.clear_queue()
    assert source.heard_seconds == pytest.approx(0.2)
    assert source.queued_duration == 0


@virtual
async def test_after_an_interruption_sound_is_refused_for_a_moment(fake_rtc: FakeRtc) -> None:
    source = _source(fake_rtc, 60)
    playing = asyncio.create_task(source.capture_frame(_sound(1.0)))
    await asyncio.sleep(0.1)
    playing.cancel()
    await asyncio.wait([playing])
    source.clear_queue()
    with pytest.raises(Exception, match="InvalidState"):
        await source.capture_frame(_sound(0.02))
    await asyncio.sleep(0.01)
    await source.capture_frame(_sound(0.02))
    assert source.heard_seconds == pytest.approx(0.12)


@virtual
async def test_sound_is_refused_by_script_and_after_the_end(fake_rtc: FakeRtc) -> None:
    source = _source(fake_rtc, 60)
    fake_rtc.script.next("capture_audio", Exception("InvalidState"))
    with pytest.raises(Exception, match="InvalidState"):
        await source.capture_frame(_sound(0.02))
    await source.capture_frame(_sound(0.02))
    await source.aclose()
    with pytest.raises(Exception, match="closed"):
        await source.capture_frame(_sound(0.02))


def _picture(key: bool = False) -> rtc.EncodedVideoFrame:
    frame_type = rtc.EncodedFrameType
    return rtc.EncodedVideoFrame(
        data=b"x",
        width=16,
        height=16,
        codec=rtc.VideoCodec.H264,
        frame_type=frame_type.ENCODED_FRAME_KEY if key else frame_type.ENCODED_FRAME_DELTA,
        timestamp_us=1,
    )


@virtual
async def test_pictures_too_close_together_are_lost_up_to_the_next_key(fake_rtc: FakeRtc) -> None:
    rtc.EncodedVideoSource(16, 16)
    source = fake_rtc.video_sources[-1]
    assert source.capture_frame(_picture(key=True))
    assert source.capture_frame(_picture())
    await asyncio.sleep(0.002)
    assert source.capture_frame(_picture())
    assert len(source.seen) == 1
    await asyncio.sleep(0.002)
    assert source.take_feedback().keyframe_requested
    assert source.capture_frame(_picture(key=True))
    assert len(source.seen) == 2


@virtual
async def test_a_refused_picture_breaks_what_follows(fake_rtc: FakeRtc) -> None:
    rtc.EncodedVideoSource(16, 16)
    source = fake_rtc.video_sources[-1]
    fake_rtc.script.next("capture_video", None, REFUSED)
    for accepted in (True, False, True):
        assert source.capture_frame(_picture(key=not source.sent)) is accepted
        await asyncio.sleep(0.01)
    assert len(source.sent) == 2
    assert len(source.seen) == 1


@virtual
async def test_a_track_is_refused_late_or_never_published(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    track = rtc.LocalAudioTrack.create_audio_track("voice", rtc.AudioSource(RATE, 1))
    fake_rtc.script.next("publish_track", PublishTrackError("no"), STALL, 3.0)
    with pytest.raises(PublishTrackError):
        await room.local_participant.publish_track(track)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5):
            await room.local_participant.publish_track(track)
    publication = await room.local_participant.publish_track(track)
    assert time.monotonic() == START + 8
    await room.local_participant.unpublish_track(publication.sid)
    with pytest.raises(UnpublishTrackError):
        await room.local_participant.unpublish_track(publication.sid)


@virtual
async def test_a_lost_room_takes_nothing(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    writer = await room.local_participant.stream_text(topic="t")
    room.lose()
    with pytest.raises(StreamError):
        await writer.write("more")
    with pytest.raises(StreamError):
        await room.local_participant.send_text("hello")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5):
            await room.local_participant.set_attributes({"a": "b"})


@virtual
async def test_a_text_that_is_closed_early_or_breaks_off(fake_rtc: FakeRtc) -> None:
    room, got = fake_rtc.room(), list[rtc.TextStreamReader]()
    assert room.stream("t", "viewer", ["unheard"]) is None
    room.register_text_stream_handler("t", lambda reader, _: got.append(reader))
    room.stream("t", "viewer", ["one ", 2.0, "two"])
    assert await got[-1].read_all() == "one two"
    assert time.monotonic() == START + 2
    room.stream("t", "viewer", ["half", None])
    with pytest.raises(StreamError):
        await got[-1].read_all()
    room.stream("t", "viewer", [STALL])
    waiting = asyncio.create_task(got[-1].read_all())
    await asyncio.sleep(1)
    assert len(room.readers) == 1
    got[-1].close()
    assert await waiting == ""
    assert not room.readers


@virtual
async def test_a_method_that_fails_is_an_error_for_the_caller(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    with pytest.raises(rtc.RpcError):
        await room.local.called("no.such")
    room.local_participant.register_rpc_method("slow", lambda _: asyncio.sleep(99))
    with pytest.raises(rtc.RpcError) as failed:
        await room.local.called("slow", timeout=10)
    assert failed.value.code == rtc.RpcError.ErrorCode.RESPONSE_TIMEOUT


@virtual
async def test_a_track_comes_a_while_after_it_was_asked_for(fake_rtc: FakeRtc) -> None:
    room, came = fake_rtc.room(), list[rtc.Track]()
    room.on("track_subscribed", lambda track, *_: came.append(track))
    camera = room.join("camera").publish()
    fake_rtc.script.next("subscribe", STALL)
    camera.set_subscribed(True)
    await asyncio.sleep(60)
    camera.set_subscribed(False)
    camera.set_subscribed(True)
    assert not came
    await asyncio.sleep(1)
    fake_rtc.script.next("get_stats", Exception("no stats"))
    with pytest.raises(Exception, match="no stats"):
        await came[0].get_stats()
