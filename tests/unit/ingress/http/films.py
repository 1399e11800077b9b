"""Short films for tests, as files and as HLS, and who serves and counts them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from config.source_address import SourceAddress
from ingress.reader.http.media import HttpMedia
from ingress.reader.http.source import open_http
from tests.unit.ingress.http.server import Answer, Asked, reply

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


def files(folder: Path, *, ranges: bool = True) -> Answer:
    """Answers with the files of a folder."""

    def answer(asked: Asked) -> Iterable[bytes]:
        path = folder / asked.path.partition("?")[0].lstrip("/")
        if not path.is_file():
            return reply(b"", status="404 Not Found")
        data = path.read_bytes()
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", asked.headers.get("range", ""))
        if not ranges or not wanted:
            return reply(data, *(["Accept-Ranges: bytes"] if ranges else []), kind="a/b")
        first, last = int(wanted[1]), int(wanted[2] or len(data) - 1)
        if first >= len(data):
            return reply(b"", status="416 Range Not Satisfiable")
        said = f"Content-Range: bytes {first}-{last}/{len(data)}"
        return reply(data[first : last + 1], said, status="206 Partial Content", kind="a/b")

    return answer


@contextmanager
def media(url: str | SourceAddress, **options: Any) -> Iterator[HttpMedia]:
    """What stands there, which is to be a container."""
    found = open_http(url, **options)
    with closing(found):
        assert isinstance(found, HttpMedia)
        yield found


def count(url: str | SourceAddress, **options: Any) -> int:
    """Pictures until the end."""
    with media(url, **options) as found:
        with found.open() as container:
            packets = sum(1 for packet in container.demux(video=0) if packet.size)
        assert found.failure is None
    return packets
