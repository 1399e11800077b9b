"""Films and endless streams that FFmpeg reads through the client, without a playlist."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import av
import pytest

from ingress.reader.http import open_source
from tests.unit.ingress.http.conftest import Serve
from tests.unit.ingress.http.films import RATE, count, files, film
from tests.unit.ingress.http.server import CLOSE, Asked, endless

SECONDS = 4


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("front", [True, False])
def test_a_film_as_a_file(serve: Serve, tmp_path: Path, ranges: bool, front: bool) -> None:
    flags = {"movflags": "faststart"} if front else None
    film(str(tmp_path / "film.mp4"), "mp4", SECONDS, flags)
    server = serve(files(tmp_path, ranges=ranges))
    source = open_source(server.url("/film.mp4"))
    assert len((tmp_path / "film.mp4").read_bytes()) > 100_000  # more than FFmpeg holds
    assert count(source) == SECONDS * RATE


def test_a_film_can_be_sought_in(serve: Serve, tmp_path: Path) -> None:
    film(str(tmp_path / "film.mp4"), "mp4", SECONDS)
    server = serve(files(tmp_path))
    with (
        closing(open_source(server.url("/film.mp4?token=sekrit")).media()) as media,
        media.open() as container,
    ):
        container.seek(3_000_000)
        first = next(one for one in container.demux(video=0) if one.size)
        assert first.pts is not None
        assert first.time_base is not None
        assert 2 < float(first.pts * first.time_base) <= 3
    assert all(one.path == "/film.mp4?token=sekrit" for one in server.asked)


def test_a_film_goes_on_where_its_connection_broke(serve: Serve, tmp_path: Path) -> None:
    film(str(tmp_path / "film.ts"), "mpegts", SECONDS)
    size = (tmp_path / "film.ts").stat().st_size
    plain = files(tmp_path)

    def answer(asked: Asked) -> Iterable[bytes]:
        (whole,) = plain(asked)
        if len(server.asked) == 1:
            return [whole[: size // 2], CLOSE]
        return [whole]

    server = serve(answer)
    assert count(open_source(server.url("/film.ts"))) == SECONDS * RATE
    assert server.asked[1].headers["range"].startswith("bytes=")


def test_a_stream_without_end(serve: Serve, tmp_path: Path) -> None:
    film(str(tmp_path / "film.ts"), "mpegts", SECONDS)
    data = (tmp_path / "film.ts").read_bytes()
    server = serve(lambda asked: [endless("video/mp2t"), data, CLOSE])
    assert count(open_source(server.url("/live"))) == SECONDS * RATE


def test_silence_reaches_who_reads(serve: Serve, tmp_path: Path) -> None:
    film(str(tmp_path / "film.ts"), "mpegts", SECONDS)
    data = (tmp_path / "film.ts").read_bytes()
    over = threading.Event()

    def answer(asked: Asked) -> Iterator[bytes]:
        yield endless("video/mp2t") + data
        over.wait(20)

    server = serve(answer)
    try:
        with closing(open_source(server.url("/?token=sekrit"), timeout=0.3).media()) as media:
            with suppress(av.error.FFmpegError), media.open() as container:
                for _ in container.demux():
                    pass
            assert media.failure is not None
            assert media.failure.kind == "no_answer"
    finally:
        over.set()
