"""Films, streams and HLS over HTTP, through a reader's session."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from tests.support.clips import FPS, PLAIN, film
from tests.unit.ingress.http.films import files
from tests.unit.ingress.http.server import CLOSE, Answer, Asked, Server, endless, reply
from tests.unit.ingress.reader.films import Read, grey, watched


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(files(tmp_path)) as made:
        yield made


def shades(read: Read) -> list[int]:
    return [int(grey(frame)[100, 140]) for frame in watched(read.units)]


def test_a_film_over_http_is_played_at_its_own_pace(server: Server, tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", sound="aac")  # its index stands at the end
    read = Read(server.url("/a.mp4?token=secret"))
    assert (read.opened.codec, read.opened.way, read.opened.sound) == ("h264", "passthrough", "aac")
    assert len(read.units) == 15
    steps = [after.time - before.time for before, after in pairwise(read.units)]
    assert np.median(steps) == pytest.approx(1 / FPS, abs=0.002)
    assert read.failed.kind == "ended"


def test_a_film_over_http_begins_again(server: Server, tmp_path: Path) -> None:
    film(tmp_path / "a.mp4")
    read = Read(server.url("/a.mp4"), loop=True, pieces=35)
    seen = shades(read)
    assert sum(after < before for before, after in pairwise(seen)) == 2


def test_a_stream_without_an_end_is_live(tmp_path: Path) -> None:
    data = film(tmp_path / "a.ts", seconds=1.2).read_bytes()
    with Server(lambda _: [endless("video/mp2t"), data, CLOSE]) as server:
        read = Read(server.url("/a.ts"), loop=True)
    assert len(read.units) == 30
    assert (read.failed.kind, read.failed.text) == (
        "ended",
        f"127.0.0.1:{server.port} has closed the connection",
    )
    assert read.units[-1].arrived - read.units[0].arrived < 1.2


def make_hls(folder: Path, *, seconds: float = 2.0) -> Path:
    film(folder / "whole.ts", seconds=seconds, options=PLAIN | {"x264-params": "scenecut=0"})
    options = {"hls_time": "0.4", "hls_list_size": "0", "hls_segment_filename": f"{folder}/%d.ts"}
    with (
        av.open(folder / "whole.ts") as source,
        av.open(folder / "a.m3u8", "w", format="hls", options=options) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return folder / "a.m3u8"


def live(folder: Path) -> Answer:
    """An HLS playlist without an end, which gets one more segment every 0.4 s."""
    begun, plain = time.monotonic(), files(folder)

    def answer(asked: Asked) -> Iterable[bytes]:
        if not asked.path.endswith(".m3u8"):
            return plain(asked)
        count = 3 + int((time.monotonic() - begun) / 0.4)
        first = max(0, count - 5)
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1"]
        lines.append(f"#EXT-X-MEDIA-SEQUENCE:{first}")
        for number in range(first, count):
            lines += ["#EXTINF:0.4,", f"{number}.ts"]
        return reply("\n".join([*lines, ""]).encode(), kind="application/vnd.apple.mpegurl")

    return answer


def test_live_hls_comes_evenly_and_not_by_the_segment(tmp_path: Path) -> None:
    make_hls(tmp_path, seconds=6.4)
    with Server(live(tmp_path)) as server:
        read = Read(server.url("/a.m3u8"), pieces=60)
    arrived = [unit.arrived for unit in read.units]
    gaps = [after - before for before, after in pairwise(arrived)]
    assert np.median(gaps) == pytest.approx(1 / FPS, abs=0.015)
    assert sum(gap > 0.2 for gap in gaps) <= 2
    seen = shades(read)
    assert sum(after < before for before, after in pairwise(seen)) <= 3
