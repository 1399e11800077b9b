"""The encoder of the hold: what goes in comes out, decodable from every key frame."""

from __future__ import annotations

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from livekit import rtc

from agent.encoder import Codec, VideoEncoder
from agent.hold import Packet
from agent.picture import Picture, from_event


def picture(capture: float, width: int = 320, height: int = 180, grey: int = 100) -> Picture:
    i420 = np.full((height * 3 // 2, width), 128, np.uint8)
    i420[:height] = grey
    i420[:height, int(capture * 40) % width :][:, :20] = 230
    frame = rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, i420.tobytes())
    return Picture(i420, width, height, capture, frame)


def encode(codec: Codec, pictures: list[Picture]) -> list[Packet]:
    encoder = VideoEncoder(codec, 1_000_000)
    return [packet for item in pictures for packet in encoder.encode(item)]


def decode(codec: Codec, packets: list[Packet]) -> list[av.VideoFrame]:
    decoder = VideoCodecContext.create(codec, "r")
    frames = [frame for packet in packets for frame in decoder.decode(av.Packet(packet.data))]
    return [*frames, *decoder.decode(None)]


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_one_packet_a_picture_with_its_capture_time(codec: Codec) -> None:
    packets = encode(codec, [picture(10 + n / 30) for n in range(60)])
    assert [p.capture for p in packets] == [10 + n / 30 for n in range(60)]
    assert [p.frame_id for p in packets] == list(range(1, 61))
    assert len(decode(codec, packets)) == 60


@pytest.mark.parametrize("codec", ["h264", "vp8"])
@pytest.mark.parametrize("fps", [5, 10, 30])
def test_key_frames_come_every_second_at_any_rate(codec: Codec, fps: int) -> None:
    packets = encode(codec, [picture(n / fps) for n in range(fps * 4)])
    keys = [p.capture for p in packets if p.key]
    assert keys == pytest.approx([0.0, 1.0, 2.0, 3.0])


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_a_viewer_can_start_at_any_key_frame(codec: Codec) -> None:
    packets = encode(codec, [picture(n / 10) for n in range(30)])
    start = next(i for i, p in enumerate(packets) if p.key and i > 0)
    assert len(decode(codec, packets[start:])) == 30 - start


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_another_size_in_mid_stream_starts_with_a_key_frame(codec: Codec) -> None:
    packets = encode(
        codec, [picture(0.0), picture(0.1), picture(0.2, 180, 320), picture(0.3, 180, 320)]
    )
    assert [(p.width, p.height, p.key) for p in packets] == [
        (320, 180, True),
        (320, 180, False),
        (180, 320, True),
        (180, 320, False),
    ]
    assert [(f.width, f.height) for f in decode(codec, packets)][2:] == [(180, 320)] * 2


def test_the_bitrate_is_a_ceiling_without_bursts() -> None:
    rng = np.random.default_rng(1)
    encoder = VideoEncoder("h264", 500_000)
    sizes = []
    for n in range(90):
        noise = rng.integers(0, 255, (270, 320), dtype=np.uint8)
        frame = rtc.VideoFrame(320, 180, rtc.VideoBufferType.I420, noise.tobytes())
        sizes += [len(p.data) for p in encoder.encode(Picture(noise, 320, 180, n / 30, frame))]
    assert sum(sizes[30:]) * 8 / 2 < 500_000 * 1.3


def test_a_new_bitrate_takes_effect_with_a_key_frame() -> None:
    encoder = VideoEncoder("h264", 1_000_000)
    encoder.encode(picture(0.0))
    encoder.encode(picture(0.1))
    encoder.set_bitrate(300_000)
    assert encoder.encode(picture(0.2))[0].key
    assert encoder.bitrate == 300_000


@pytest.mark.parametrize(
    ("rotation", "bright", "turned"),
    [
        (rtc.VideoRotation.VIDEO_ROTATION_0, (0, 0), False),
        (rtc.VideoRotation.VIDEO_ROTATION_90, (0, -1), True),
        (rtc.VideoRotation.VIDEO_ROTATION_180, (-1, -1), False),
        (rtc.VideoRotation.VIDEO_ROTATION_270, (-1, 0), True),
    ],
)
@pytest.mark.parametrize("size", [(64, 32), (63, 31)])
def test_pictures_are_turned_upright_and_made_even(
    rotation: rtc.VideoRotation, bright: tuple[int, int], turned: bool, size: tuple[int, int]
) -> None:
    width, height = size
    luma = np.zeros((height, width), np.uint8)
    luma[:8, :8] = 255  # a mark in the top left corner of what the camera sends
    chroma = np.full(2 * ((width + 1) // 2) * ((height + 1) // 2), 128, np.uint8)
    data = np.concatenate([luma.ravel(), chroma]).tobytes()
    frame = rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, data)
    made = from_event(rtc.VideoFrameEvent(frame, 0, rotation), 5.0)
    expected = (height, width) if turned else (width, height)
    assert (made.width, made.height) == (expected[0] & ~1, expected[1] & ~1)
    assert made.i420.shape == (made.height * 3 // 2, made.width)
    corner = made.i420[: made.height][bright[0] * 3, bright[1] * 3]
    assert corner == 255
    assert (made.frame.width, made.frame.height) == (made.width, made.height)
