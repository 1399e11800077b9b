"""Containers that FFmpeg reads through the client: HLS in its forms, and files."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import av
import pytest

from ingress.reader.egress_policy import EgressPolicy
from ingress.reader.failures import SourceFailure
from tests.support.clips import FPS, film
from tests.unit.ingress.http.conftest import Serve
from tests.unit.ingress.http.failing import LOOPBACK
from tests.unit.ingress.http.films import count, files, hls, live, media
from tests.unit.ingress.http.server import Asked, endless, reply

PICTURES = 4 * FPS


def fails(url: str, policy: EgressPolicy | None = None) -> SourceFailure:
    with media(url, policy) as found, pytest.raises(SourceFailure) as raised:
        found.open()
    for secret in ("sekrit", "p@ss", "p%40ss"):
        assert secret not in f"{raised.value}{raised.value!r}"
    return raised.value


def test_hls(serve: Serve, tmp_path: Path) -> None:
    server = serve(files(hls(tmp_path)))
    url = server.url("/list.m3u8?token=sekrit", "admin:p@ss")
    assert count(url, policy=LOOPBACK) == PICTURES
    assert server.connections == 1
    assert server.asked[0].path == "/list.m3u8?token=sekrit"


def test_encrypted_hls(serve: Serve, tmp_path: Path) -> None:
    key, info = tmp_path / "key.bin", tmp_path / "info"
    key.write_bytes(bytes(range(16)))
    info.write_text(f"key.bin?a=b\n{key}\n")
    hls(tmp_path, hls_key_info_file=str(info))
    server = serve(files(tmp_path))
    assert count(server.url("/list.m3u8"), policy=LOOPBACK) == PICTURES
    assert server.connections == 1
    key.write_bytes(bytes(16))
    assert fails(server.url("/list.m3u8")).kind == "protocol"


@pytest.mark.parametrize("flags", ["temp_file", "single_file"])
def test_fragments_and_byte_ranges(serve: Serve, tmp_path: Path, flags: str) -> None:
    hls(tmp_path, hls_segment_type="fmp4", hls_flags=flags)
    text = (tmp_path / "list.m3u8").read_text()
    assert ("#EXT-X-MAP" in text, "#EXT-X-BYTERANGE" in text) == (True, flags == "single_file")
    for ranges in (True, False):
        assert count(serve(files(tmp_path, ranges=ranges)).url("/list.m3u8")) == PICTURES


def test_a_live_playlist_goes_on_without_a_segment(serve: Serve, tmp_path: Path) -> None:
    hls(tmp_path)
    (tmp_path / "list3.ts").unlink()
    asked = itertools.count()
    server = serve(live(tmp_path, lambda: next(asked)))
    assert PICTURES - FPS <= count(server.url("/live")) < PICTURES - 5
    assert next(asked) > 3


@pytest.mark.parametrize("times", [2, 3])
def test_a_live_playlist_that_goes_away(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """For a moment, and for good."""
    monkeypatch.setattr("ingress.reader.http.media._RELOAD", 0.01)
    number = itertools.count()
    plain = live(hls(tmp_path), lambda: next(number))

    def answer(asked: Asked) -> Iterable[bytes]:
        before = sum(one.path == "/live" for one in server.asked) - 1
        if asked.path == "/live" and 3 <= before < 3 + times:
            return reply(b"", status="404 Not Found")
        return plain(asked)

    server = serve(answer)
    if times < 3:
        assert count(server.url("/live")) >= PICTURES - FPS
        return
    with media(server.url("/live")) as found:
        with found.open() as container:
            for _ in container.demux():
                pass
        assert found.failure is not None
        assert found.failure.kind == "not_found"


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n{}#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    "text",
    [
        PLAYLIST.format("", "file:///etc/passwd"),
        PLAYLIST.format("", "//[::1]:{port}/a.ts"),
        PLAYLIST.format("", "/moved.ts"),
        PLAYLIST.format('#EXT-X-KEY:METHOD=AES-128,URI="http://10.0.0.1/key"\n', "list0.ts"),
        PLAYLIST.format("#EXT-X-KEY:METHOD=AES-128,URI=http://10.0.0.1/k\n", "list0.ts"),
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://10.0.0.1/list.m3u8\n",
    ],
)
def test_a_playlist_may_not_lead_inside(
    serve: Serve, tmp_path: Path, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    plain = files(hls(tmp_path, 1))

    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.path == "/moved.ts":
            return reply(b"", "Location: http://192.168.0.1/a.ts", status="302 Found")
        if asked.path.startswith("/bad"):
            return reply(text.format(port=server.port).encode(), kind="application/x-mpegurl")
        return plain(asked)

    server = serve(answer)
    policy = EgressPolicy(["127.0.0.1"])
    failure = fails(server.url("/bad.m3u8?token=sekrit", "admin:p@ss"), policy)
    assert (failure.kind, "passwd" in str(failure)) == ("forbidden", False)
    assert "dropped" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "body",
    [
        b"ffconcat version 1.0\nfile http://127.0.0.1/list.m3u8\n",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        b"m=video 5004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n",
        b"nothing that anybody knows " * 1000,
    ],
)
def test_formats_that_open_other_things_are_not_read(serve: Serve, body: bytes) -> None:
    server = serve(lambda _: reply(body, kind="a/b"))
    with media(server.url("/bad.ts")) as found, pytest.raises(av.error.FFmpegError):
        found.open()
    assert {one.path for one in server.asked} == {"/bad.ts"}


@pytest.mark.parametrize("ranges", [True, False])
def test_a_film_is_read_and_sought_in(serve: Serve, tmp_path: Path, ranges: bool) -> None:
    """Its index stands at the end, and its sound makes it larger than what FFmpeg holds."""
    film(tmp_path / "film.mov", seconds=4, sound="pcm_s16le")
    server = serve(files(tmp_path, ranges=ranges))
    with media(server.url("/film.mov?token=sekrit")) as found, found.open() as container:
        assert sum(1 for one in container.demux(video=0) if one.size) == PICTURES
        container.seek(3_000_000)
        first = next(one for one in container.demux(video=0) if one.size)
        assert first.pts is not None
        assert 2.5 < float(first.pts * first.time_base) <= 3
    assert all(one.path == "/film.mov?token=sekrit" for one in server.asked)


def test_silence_reaches_who_reads(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingress.reader.http.client.READ_TIMEOUT", 0.3)
    data = film(tmp_path / "film.ts", seconds=4).read_bytes()
    over = threading.Event()

    def answer(asked: Asked) -> Iterator[bytes]:
        yield endless("video/mp2t") + data
        over.wait(20)

    server = serve(answer)
    try:
        with media(server.url("/?token=sekrit")) as found:
            with suppress(av.error.FFmpegError), found.open() as container:
                for _ in container.demux():
                    pass
            assert found.failure is not None
            assert found.failure.kind == "no_answer"
    finally:
        over.set()
