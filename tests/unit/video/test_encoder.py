"""The encoder: what goes in comes out, decodable from every key frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from unittest.mock import Mock

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

import video.encoder as encoder_module
from video.encoder import Codec, Encoded, VideoEncoder


@dataclass(frozen=True)
class Picture:
    i420: NDArray[np.uint8]
    time: float


def picture(time: float, width: int = 320, height: int = 180, grey: int = 100) -> Picture:
    i420 = np.full((height * 3 // 2, width), 128, np.uint8)
    i420[:height] = grey
    i420[:height, int(time * 40) % width :][:, :20] = 230
    return Picture(i420, time)


def encode(codec: Codec, pictures: list[Picture]) -> list[Encoded]:
    encoder = VideoEncoder(codec, 1_000_000)
    return [packet for item in pictures for packet in encoder.encode(item.i420, item.time)]


def decode(codec: Codec, packets: list[Encoded]) -> list[av.VideoFrame]:
    decoder = VideoCodecContext.create(codec, "r")
    frames = [frame for packet in packets for frame in decoder.decode(av.Packet(packet.data))]
    return [*frames, *decoder.decode(None)]


@pytest.mark.parametrize("codec", ["h264", "vp8"])
@pytest.mark.parametrize("fps", [5, 10, 30])
def test_key_frames_come_every_second_at_any_rate(codec: Codec, fps: int) -> None:
    packets = encode(codec, [picture(n / fps) for n in range(fps * 4)])
    keys = [p.time for p in packets if p.key]
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
        sizes += [len(p.data) for p in encoder.encode(noise, n / 30)]
    assert sum(sizes[30:]) * 8 / 2 < 500_000 * 1.3


def test_a_bitrate_that_is_set_while_the_encoder_opens_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoder = VideoEncoder("h264", 1_000_000)
    opened = []
    create = VideoCodecContext.create

    def set_meanwhile(*args: Any) -> Any:
        opened.append(encoder.bitrate)
        encoder.bitrate = 300_000
        return create(*args)

    monkeypatch.setattr(encoder_module, "VideoCodecContext", Mock(create=set_meanwhile))
    encoder.encode(picture(0.0).i420, 0.0)
    encoder.encode(picture(0.1).i420, 0.1)
    encoder.encode(picture(0.2).i420, 0.2)
    assert opened == [1_000_000, 300_000]


def test_another_codec_takes_effect_with_a_key_frame() -> None:
    encoder = VideoEncoder("h264", 1_000_000)
    packets = encoder.encode(picture(0.0).i420, 0.0)
    encoder.codec = "vp8"
    packets += encoder.encode(picture(0.1).i420, 0.1) + encoder.encode(picture(0.2).i420, 0.2)
    assert [(p.codec, p.key) for p in packets] == [("h264", True), ("vp8", True), ("vp8", False)]
    assert len(decode("vp8", packets[1:])) == 2


def test_after_a_picture_that_it_refuses_it_goes_on_with_a_key_frame() -> None:
    encoder = VideoEncoder("h264", 1_000_000)
    encoder.encode(picture(0.0).i420, 0.0)
    other = av.VideoFrame(64, 64, "rgb24")
    with pytest.raises((av.FFmpegError, ValueError)):
        encoder.encode(other, float("nan"))
    assert encoder.encode(picture(0.2).i420, 0.2)[0].key


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_a_key_frame_that_is_asked_for_comes_at_once(codec: Codec) -> None:
    encoder = VideoEncoder(codec, 1_000_000, key_interval=60)
    keys = [encoder.encode(picture(n / 10).i420, n / 10, key=n == 7)[0].key for n in range(10)]
    assert [n for n, key in enumerate(keys) if key] == [0, 7]


def test_frames_of_a_decoder_are_taken_as_they_are() -> None:
    encoder = VideoEncoder("h264", 1_000_000, key_interval=60)
    kinds = []
    for n in range(4):
        frame = av.VideoFrame.from_ndarray(picture(n / 10).i420, format="yuv420p")
        frame.pict_type = 1  # every one was a key frame where it came from
        kinds.append(encoder.encode(frame, n / 10)[0].key)
    assert kinds == [True, False, False, False]
