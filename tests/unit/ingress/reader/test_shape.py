"""How decoded pictures are made fit to be shown."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from ingress.reader.shape import Deinterlacer, Shaper, i420, size_for


def marked(width: int, height: int) -> av.VideoFrame:
    """Dark, with a bright upper left quarter."""
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = 40
    planes[: height // 2, : width // 2] = 220
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


@pytest.mark.parametrize(
    ("width", "height", "aspect", "became"),
    [
        (1920, 1080, 1.0, (1280, 720)),
        (1080, 1920, 1.0, (720, 1280)),
        (720, 576, 16 / 15, (768, 576)),
        (704, 480, 0.0, (704, 480)),
        (161, 121, 1.0, (160, 120)),
        (4, 300, 1.0, (16, 300)),
        (3840, 2160, 1.0, (1280, 720)),
    ],
)
def test_sizes(width: int, height: int, aspect: float, became: tuple[int, int]) -> None:
    assert size_for(width, height, aspect) == became


@pytest.mark.parametrize(
    ("turn", "mirror", "bright"),
    [
        (0, False, (0, 0)),
        (90, False, (0, 1)),
        (180, False, (1, 1)),
        (270, False, (1, 0)),
        (0, True, (0, 1)),
        (90, True, (0, 0)),
        (180, True, (1, 0)),
        (270, True, (1, 1)),
    ],
)
def test_a_picture_is_turned_clockwise_and_then_mirrored(
    turn: int, mirror: bool, bright: tuple[int, int]
) -> None:
    shaped = Shaper(turn, mirror=mirror).shape(marked(160, 120), 1.0)
    assert (shaped.width, shaped.height) == ((160, 120) if turn % 180 == 0 else (120, 160))
    planes = np.frombuffer(i420(shaped), np.uint8).reshape(-1, shaped.width)
    found = [
        (row, column)
        for row in (0, 1)
        for column in (0, 1)
        if planes[shaped.height * (1 + 2 * row) // 4, shaped.width * (1 + 2 * column) // 4] > 200
    ]
    assert found == [bright]


@pytest.mark.parametrize("name", ["yuvj420p", "yuv422p", "yuv420p10le", "nv12", "rgb24", "gray"])
def test_any_format_becomes_i420(name: str) -> None:
    frame = marked(160, 120).reformat(format=name)
    planes = np.frombuffer(i420(Shaper().shape(frame, 1.0)), np.uint8).reshape(180, 160)
    assert planes[20, 20] == pytest.approx(220, abs=4)
    assert planes[100, 140] == pytest.approx(40, abs=4)
    assert abs(planes[120:].astype(int) - 128).max() <= 2


def combed(number: int) -> av.VideoFrame:
    """A bright bar that moves: even rows show it 16 pixels before the odd ones."""
    luma = np.full((120, 160), 40, np.uint8)
    luma[0::2, number * 32 : number * 32 + 24] = 220
    luma[1::2, number * 32 + 16 : number * 32 + 40] = 220
    frame = av.VideoFrame.from_ndarray(luma, format="gray").reformat(format="yuv420p")
    frame.time_base = Fraction(1, 1000)
    return frame


class Woven:
    """A frame of fields, as decoders mark it; PyAV cannot make one."""

    def __init__(self) -> None:
        encoder = av.CodecContext.create("libx264", "w")
        assert isinstance(encoder, av.VideoCodecContext)
        encoder.width, encoder.height, encoder.pix_fmt = 160, 120, "yuv420p"
        encoder.time_base = Fraction(1, 25)
        encoder.options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "flags": "+ildct+ilme",
            "x264-params": "tff=1",
            "crf": "5",
        }
        self.encoder = encoder
        decoder = av.CodecContext.create("h264", "r")
        assert isinstance(decoder, av.VideoCodecContext)
        self.decoder = decoder
        self.number = 0

    def next(self) -> av.VideoFrame:
        while True:
            frame = combed(self.number)
            frame.pts, frame.time_base = self.number, Fraction(1, 25)
            self.number += 1
            for packet in self.encoder.encode(frame):
                for decoded in self.decoder.decode(av.Packet(bytes(packet))):
                    return decoded


def roughness(frame: av.VideoFrame) -> float:
    """How much a row differs from the one above it, on average."""
    luma = np.frombuffer(i420(frame), np.uint8)[: 120 * 160].reshape(120, 160).astype(int)
    return float(abs(np.diff(luma, axis=0)).mean())


def test_fields_are_made_whole_with_their_own_times() -> None:
    woven, made = Woven(), Deinterlacer()
    frames = [woven.next() for _ in range(4)]
    assert all(frame.interlaced_frame for frame in frames)
    rough = roughness(frames[1])
    took = [made.take(frame, float(number)) for number, frame in enumerate(frames)]
    assert took[0] == (None, None)
    assert [pts for _, pts in took[1:]] == [0.0, 1.0, 2.0]
    whole = took[2][0]
    assert whole is not None
    assert roughness(whole) < rough / 4


def test_whole_pictures_that_are_right_are_passed_on_at_once() -> None:
    frame = marked(160, 120)
    assert Deinterlacer().take(frame, 1.0) == (frame, 1.0)
    assert Shaper().shape(frame, 1.0) is frame
