"""Small video files, made when a test needs them."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.support.tones import tone

SOUND_RATE = 44_100


def write_clip(
    path: Path,
    *,
    seconds: float = 1.0,
    fps: int = 25,
    width: int = 160,
    height: int = 120,
    beep: float = 0.0,
    picture: bool = True,
) -> Path:
    """An H.264 file whose upper left quarter is white and whose lightness counts the frames.

    beep: seconds of a tone at the beginning, with silence behind it; 0 for no sound track.
    """
    with av.open(path, "w") as container:
        if picture:
            video = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
            video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        if beep:
            audio = container.add_stream("aac", rate=SOUND_RATE, layout="mono")
        for i in range(round(seconds * fps) if picture else 0):
            image = np.full((height, width), 40 + i * 3 % 100, np.uint8)
            image[: height // 2, : width // 2] = 235
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="gray")))
        if picture:
            container.mux(video.encode(None))
        if beep:
            sound = np.zeros(round(seconds * SOUND_RATE), np.int16)
            burst = tone(beep, 1000, SOUND_RATE)
            sound[: len(burst)] = burst
            for begin in range(0, len(sound), 1024):
                piece = sound[None, begin : begin + 1024]
                frame = av.AudioFrame.from_ndarray(piece, format="s16", layout="mono")
                frame.sample_rate, frame.pts = SOUND_RATE, begin
                frame.time_base = Fraction(1, SOUND_RATE)
                container.mux(audio.encode(frame))
            container.mux(audio.encode(None))
    return path


def turn_clockwise(path: Path) -> Path:
    """Marks an MP4 file as filmed with the camera on its side, as phones do (matrix in `tkhd`)."""
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 4 + 20 + 8 + 8
    data[matrix : matrix + 36] = struct.pack(
        ">9i", 0, 0x10000, 0, -0x10000, 0, 0, 120 << 16, 0, 0x40000000
    )
    path.write_bytes(data)
    return path
