"""Films, streams and HLS over HTTP, through a reader's session."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.support.clips import FPS, film
from tests.unit.ingress.http.films import files, hls, live
from tests.unit.ingress.http.server import CLOSE, Server, endless
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


def test_live_hls_comes_evenly_and_not_by_the_segment(tmp_path: Path) -> None:
    begun, folder = time.monotonic(), hls(tmp_path, 6.4)
    with Server(live(folder, lambda: int((time.monotonic() - begun) / 0.4))) as server:
        read = Read(server.url("/live"), pieces=60)
    arrived = [unit.arrived for unit in read.units]
    gaps = [after - before for before, after in pairwise(arrived)]
    assert np.median(gaps) == pytest.approx(1 / FPS, abs=0.015)
    assert sum(gap > 0.2 for gap in gaps) <= 2
    seen = shades(read)
    assert sum(after < before for before, after in pairwise(seen)) <= 3
