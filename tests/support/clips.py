"""Small video files of any codec, made when a test needs them."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.support.ordinary_priority import ordinary_priority
from tests.support.tones import tone

FPS = 25
PLAIN = {"preset": "ultrafast", "tune": "zerolatency", "g": "10"}
WITH_B = {"preset": "veryfast", "bf": "2", "b-adapt": "0", "g": "10"}


def film(
    path: Path,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    *,
    seconds: float = 0.6,
    size: tuple[int, int] = (160, 120),
    fps: int = FPS,
    sound: str = "",
    rate: int = 48_000,
) -> Path:
    """A film whose upper left quarter is white and the rest grey, lighter from frame to frame; with
    sound: a tone in its first half.
    """
    with av.open(path, "w") as container:
        chosen = PLAIN if codec == "libx264" and options is None else options or {}
        video: Any = container.add_stream(codec, rate=fps, options=chosen)
        video.width, video.height = size
        video.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        audio: Any = container.add_stream(sound, rate=rate, layout="mono") if sound else None
        with ordinary_priority():
            for number in range(round(seconds * fps)):
                frame = picture(number, size)
                frame.pts, frame.time_base = number, Fraction(1, fps)
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
        if audio:
            _add_sound(container, audio, seconds, rate)
    return path


def picture(number: int, size: tuple[int, int] = (160, 120)) -> av.VideoFrame:
    """One frame of the film."""
    width, height = size
    image = np.full((height, width), 40 + number * 3 % 100, np.uint8)
    image[: height // 2, : width // 2] = 235
    return av.VideoFrame.from_ndarray(image, format="gray").reformat(format="yuv420p")


def _add_sound(container: Any, audio: Any, seconds: float, rate: int) -> None:
    samples = np.zeros(round(seconds * rate), np.int16)
    burst = tone(seconds / 2, 1000, rate)
    samples[: len(burst)] = burst
    piece = audio.codec_context.frame_size or 1024
    for begin in range(0, len(samples), piece):
        part = samples[None, begin : begin + piece]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, begin, Fraction(1, rate)
        container.mux(audio.encode(frame))
    container.mux(audio.encode(None))


CLOCKWISE, MIRRORED_CLOCKWISE = (0, 1, -1, 0), (0, -1, -1, 0)


def turn_clockwise(path: Path, matrix: tuple[int, int, int, int] = CLOCKWISE) -> Path:
    """Marks an MP4 file as filmed with the camera on its side, as phones do (matrix in `tkhd`)."""
    data = bytearray(path.read_bytes())
    begin = data.index(b"tkhd") + 4 + 4 + 20 + 8 + 8
    a, b, c, d = (one << 16 for one in matrix)
    data[begin : begin + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 120 << 16, 0, 0x40000000)
    path.write_bytes(data)
    return path
