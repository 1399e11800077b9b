from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext

from ingress.reader.h264 import DamagedError
from ingress.reader.heads import Av1, units_of
from tests.support.ordinary_priority import ordinary_priority

_ENCODERS: dict[str, Any] = {
    "vp8": ("libvpx", {"deadline": "realtime", "cpu-used": "8"}),
    "vp9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"}),
    "av1": ("libsvtav1", {"preset": "12", "svtav1-params": "pred-struct=1:rc=2"}),
}
DELIMITER = b"\x12\0"


def encoded(
    codec: str, size: tuple[int, int] = (320, 180), pix_fmt: str = "yuv420p", gop: int = 4
) -> tuple[list[bytes], list[bool]]:
    """Twelve packets, and which are keys."""
    name, options = _ENCODERS[codec]
    context = VideoCodecContext.create(name, "w")
    context.width, context.height = size
    context.pix_fmt = pix_fmt
    context.time_base, context.framerate = Fraction(1, 25), Fraction(25, 1)
    context.bit_rate = 500_000
    context.gop_size = gop
    context.options = options | {"lag-in-frames": "0"} if "vp" in codec else options
    with ordinary_priority():
        context.open()
    packets = []
    for number in range(12):
        picture = np.full((size[1], size[0], 3), 20 * number, np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pix_fmt)
        frame.pts, frame.time_base = number, Fraction(1, 25)
        packets += context.encode(frame)
    packets += context.encode(None)
    return [bytes(packet) for packet in packets], [packet.is_keyframe for packet in packets]


@pytest.mark.parametrize("codec", ["vp8", "vp9", "av1"])
def test_keys_and_sizes_are_read_and_the_data_stays(codec: str) -> None:
    units = units_of(codec, None)
    assert units is not None
    for size in ((320, 180), (642, 362)):
        packets, keys = encoded(codec, size)
        assert any(keys)
        for packet, key in zip(packets, keys, strict=True):
            unit = units.unit(packet)
            assert unit.data is packet
            assert unit.key == key
            assert unit.has_slices
            assert unit.sps is not None
            assert (unit.sps.width, unit.sps.height) == size
            assert (unit.sps.bit_depth, unit.sps.chroma) == (8, 1)


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "depth", "chroma"),
    [
        ("vp9", "yuv444p", 8, 3),
        ("vp9", "yuv422p", 8, 2),
        ("av1", "yuv420p10le", 10, 1),
    ],
)
def test_other_depths_and_colours_are_seen(
    codec: str, pix_fmt: str, depth: int, chroma: int
) -> None:
    units = units_of(codec, None)
    assert units is not None
    sps = units.unit(encoded(codec, pix_fmt=pix_fmt)[0][0]).sps
    assert sps is not None
    assert (sps.width, sps.height, sps.bit_depth, sps.chroma) == (320, 180, depth, chroma)


@pytest.mark.parametrize(("twelve", "depth"), [("0", 10), ("1", 12)])
def test_vp9_of_more_bits_is_seen(twelve: str, depth: int) -> None:
    head = "10" + "01" + "0010" + f"{0x498342:024b}" + twelve + "010" + "0"
    bits = head + f"{639:016b}" + f"{359:016b}"
    units = units_of("vp9", None)
    assert units is not None
    sps = units.unit(int(bits.ljust(80, "0"), 2).to_bytes(10)).sps
    assert sps is not None
    assert (sps.width, sps.height, sps.bit_depth, sps.chroma) == (640, 360, depth, 1)


def test_a_key_frame_of_av1_gets_the_sequence_header_that_the_container_keeps() -> None:
    packets, _ = encoded("av1")
    assert packets[0].startswith(DELIMITER)
    length = 2 + packets[0][3]
    sequence, frame = packets[0][2 : 2 + length], packets[0][2 + length :]
    assert not Av1().unit(frame).key
    unit = Av1(b"\x81\0\x0c\0" + sequence).unit(frame)
    assert unit.key
    assert unit.data == sequence + frame


@pytest.mark.parametrize("codec", ["vp8", "vp9", "av1"])
def test_whatever_comes_only_the_named_error_is_raised(codec: str) -> None:
    packets, _ = encoded(codec)
    chance = random.Random(5)
    damaged = 0
    for _ in range(1500):
        data = bytearray(chance.choice(packets))
        for _ in range(chance.randrange(1, 5)):
            data[chance.randrange(min(len(data), 30))] = chance.randrange(256)
        units = units_of(codec, bytes(data[: chance.randrange(20)]))
        assert units is not None
        try:
            unit = units.unit(bytes(data[: chance.randrange(len(data) + 1)]))
        except DamagedError:
            damaged += 1
        else:
            assert not unit.key or unit.sps is not None
    assert damaged > 50


def test_there_are_no_units_of_what_webrtc_never_carries() -> None:
    assert units_of("mjpeg", None) is None
    assert units_of("h264", None) is not None
