"""Films, streams and HLS over HTTP, through a reader's session."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.support.clips import FPS
from tests.unit.ingress.http.films import hls, live
from tests.unit.ingress.http.server import Server
from tests.unit.ingress.reader.films import Read, grey, watched


def shades(read: Read) -> list[int]:
    return [int(grey(frame)[100, 140]) for frame in watched(read.units)]


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
