"""Short films for tests, as files and as HLS. Made by PyAV, of noise."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 25
SIZE = 64


def film(
    path: str, format_name: str, seconds: float, options: dict[str, str] | None = None
) -> None:
    """Writes H.264 with a key frame each half second."""
    with av.open(path, "w", format=format_name, options=options or {}) as output:
        stream = output.add_stream("libx264", rate=RATE)
        stream.width = stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.gop_size = RATE // 2
        stream.options = {"preset": "ultrafast", "tune": "zerolatency", "sc_threshold": "0"}
        for number in range(int(seconds * RATE)):
            noise = np.random.default_rng(number).integers(0, 255, (SIZE, SIZE, 3), np.uint8)
            frame = av.VideoFrame.from_ndarray(noise, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def hls(folder: Path, seconds: float = 4, **options: str) -> Path:
    """A playlist `list.m3u8` with segments of half a second beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    defaults = {"hls_time": "0.48", "hls_list_size": "0", "hls_playlist_type": "vod"}
    film(str(folder / "list.m3u8"), "hls", seconds, {**defaults, **options})
    return folder
