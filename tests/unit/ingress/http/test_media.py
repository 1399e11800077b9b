"""Containers that FFmpeg reads through the client: HLS in its forms, and files."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import av
import pytest

from config.source_address import parse
from ingress.reader.egress_policy import EgressPolicy
from ingress.reader.failures import SourceFailure
from tests.unit.ingress.http.conftest import Serve
from tests.unit.ingress.http.failing import LOOPBACK
from tests.unit.ingress.http.films import RATE, count, files, film, hls, media
from tests.unit.ingress.http.server import CLOSE, Asked, endless, reply

SECONDS = 4


def fails(url: str, policy: EgressPolicy | None = None) -> SourceFailure:
    with (
        media(parse(url), policy=policy) as found,
        pytest.raises(SourceFailure) as raised,
    ):
        found.open()
    for secret in ("sekrit", "p@ss", "p%40ss"):
        assert secret not in f"{raised.value}{raised.value!r}"
    return raised.value


def test_hls(serve: Serve, tmp_path: Path) -> None:
    server = serve(files(hls(tmp_path)))
    url = parse(server.url("/list.m3u8?token=sekrit", "admin:p@ss"))
    assert count(url, policy=LOOPBACK) == SECONDS * RATE
    assert server.connections == 1
    assert server.asked[0].path == "/list.m3u8?token=sekrit"


def test_encrypted_hls(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "key.bin").write_bytes(bytes(range(16)))
    (tmp_path / "info").write_text(f"secret/key.bin?a=b\n{tmp_path / 'key.bin'}\n")
    hls(tmp_path, hls_key_info_file=str(tmp_path / "info"))
    (tmp_path / "secret").mkdir()
    (tmp_path / "key.bin").rename(tmp_path / "secret/key.bin")
    assert b"METHOD=AES-128" in (tmp_path / "list.m3u8").read_bytes()
    server = serve(files(tmp_path))
    assert count(server.url("/list.m3u8"), policy=LOOPBACK) == SECONDS * RATE
    assert server.connections == 1
    (tmp_path / "secret/key.bin").write_bytes(bytes(16))
    assert fails(server.url("/list.m3u8")).kind == "protocol"


@pytest.mark.parametrize("flags", ["temp_file", "single_file"])
def test_fragments_and_byte_ranges(serve: Serve, tmp_path: Path, flags: str) -> None:
    hls(tmp_path, hls_segment_type="fmp4", hls_flags=flags)
    text = (tmp_path / "list.m3u8").read_text()
    assert "#EXT-X-MAP" in text
    assert ("#EXT-X-BYTERANGE" in text) == (flags == "single_file")
    server = serve(files(tmp_path))
    assert count(server.url("/list.m3u8")) == SECONDS * RATE


def test_a_master_playlist_and_names_that_say_nothing(serve: Serve, tmp_path: Path) -> None:
    """Two variants behind a redirect; no address ends as HLS should."""
    for name in ("low", "high"):
        hls(tmp_path / name)
        text = (tmp_path / name / "list.m3u8").read_text()
        (tmp_path / name / "list.php").write_text(re.sub(r"\.ts", ".php?a=b", text))
        for segment in (tmp_path / name).glob("*.ts"):
            segment.rename(segment.with_suffix(".php"))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/master").write_text(
        "#EXTM3U\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=100000,RESOLUTION=64x64\n../low/list.php\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=64x64\n/moved/list.php?token=sekrit\n"
    )
    plain = files(tmp_path)

    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.path == "/start":
            return reply(b"", "Location: /deep/master?token=sekrit", status="302 Found")
        if asked.path.startswith("/moved/"):
            there = asked.path.replace("/moved/", "/high/")
            return reply(b"", f"Location: {there}", status="302 Found")
        return plain(asked)

    server = serve(answer)
    with (
        media(server.url("/start"), policy=LOOPBACK) as found,
        found.open() as container,
    ):
        assert len(container.streams.video) == 1
        assert sum(1 for one in container.demux() if one.size) == SECONDS * RATE
    assert not any(one.path.startswith("/low") for one in server.asked)
    assert any(one.path.startswith("/high") for one in server.asked)


class Live:
    """A playlist of three segments that moves on by one each time it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._files = files(folder)
        text = (folder / "list.m3u8").read_text()
        self._segments = re.findall(r"#EXTINF:[^\n]*\n[^\n#]+\n", text)
        self.asked = 0
        self.missing: set[str] = set()

    def __call__(self, asked: Asked) -> Iterable[bytes]:
        if asked.path != "/live":
            if asked.path in self.missing:
                return reply(b"", status="404 Not Found")
            return self._files(asked)
        first = min(self.asked, len(self._segments) - 3)
        self.asked += 1
        head = (
            f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{first}\n"
        )
        end = "#EXT-X-ENDLIST\n" if first == len(self._segments) - 3 else ""
        text = head + "".join(self._segments[first : first + 3]) + end
        return reply(text.encode(), kind="application/vnd.apple.mpegurl")


def test_a_live_playlist_is_read_on(serve: Serve, tmp_path: Path) -> None:
    live = Live(hls(tmp_path))
    server = serve(live)
    assert count(server.url("/live")) >= (SECONDS - 1) * RATE
    assert live.asked > 3
    assert server.connections == 1


def test_a_live_playlist_goes_on_without_a_segment(serve: Serve, tmp_path: Path) -> None:
    live = Live(hls(tmp_path))
    live.missing = {"/list3.ts"}
    server = serve(live)
    pictures = count(server.url("/live"))
    assert (SECONDS - 2) * RATE <= pictures < SECONDS * RATE


@pytest.mark.parametrize("times", [2, 3])
def test_a_live_playlist_that_goes_away(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """For a moment, and for good."""
    monkeypatch.setattr("ingress.reader.http.media._RELOAD", 0.01)
    live = Live(hls(tmp_path))
    refusals = iter(range(times))

    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.path == "/live" and live.asked == 3 and next(refusals, None) is not None:
            return reply(b"", status="404 Not Found")
        return live(asked)

    server = serve(answer)
    if times < 3:
        assert count(server.url("/live")) >= (SECONDS - 1) * RATE
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
        PLAYLIST.format("", "http://169.254.169.254/latest/meta-data/a.ts"),
        PLAYLIST.format("", "//[::1]:{port}/a.ts"),
        PLAYLIST.format("", "/moved.ts"),
        PLAYLIST.format('#EXT-X-KEY:METHOD=AES-128,URI="http://10.0.0.1/key"\n', "list0.ts"),
        PLAYLIST.format('#EXT-X-KEY:METHOD=AES-128,URI="file:///etc/passwd"\n', "list0.ts"),
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
    failure = fails(server.url("/bad.m3u8?token=sekrit", "admin:p@ss"), EgressPolicy(["127.0.0.1"]))
    assert failure.kind == "forbidden"
    assert "dropped" not in capfd.readouterr().err
    assert "passwd" not in str(failure)


@pytest.mark.parametrize(
    "body",
    [
        b"ffconcat version 1.0\nfile http://127.0.0.1:{port}/list.m3u8\n",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        b"m=video 5004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n",
        b"nothing that anybody knows " * 1000,
    ],
)
def test_formats_that_open_other_things_are_not_read(
    serve: Serve, tmp_path: Path, body: bytes
) -> None:
    plain = files(hls(tmp_path, 1))

    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.path == "/bad.ts":
            return reply(body.replace(b"{port}", str(server.port).encode()), kind="a/b")
        return plain(asked)

    server = serve(answer)
    with (
        media(server.url("/bad.ts")) as found,
        pytest.raises(av.error.FFmpegError),
    ):
        found.open()
    assert {one.path for one in server.asked} == {"/bad.ts"}


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("front", [True, False])
def test_a_film_as_a_file(serve: Serve, tmp_path: Path, ranges: bool, front: bool) -> None:
    flags = {"movflags": "faststart"} if front else None
    film(str(tmp_path / "film.mp4"), "mp4", SECONDS, flags)
    server = serve(files(tmp_path, ranges=ranges))
    assert len((tmp_path / "film.mp4").read_bytes()) > 100_000  # more than FFmpeg holds
    assert count(server.url("/film.mp4")) == SECONDS * RATE


def test_a_film_can_be_sought_in(serve: Serve, tmp_path: Path) -> None:
    film(str(tmp_path / "film.mp4"), "mp4", SECONDS)
    server = serve(files(tmp_path))
    with (
        media(server.url("/film.mp4?token=sekrit")) as found,
        found.open() as container,
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
    assert count(server.url("/film.ts")) == SECONDS * RATE
    assert server.asked[1].headers["range"].startswith("bytes=")


def test_silence_reaches_who_reads(serve: Serve, tmp_path: Path) -> None:
    film(str(tmp_path / "film.ts"), "mpegts", SECONDS)
    data = (tmp_path / "film.ts").read_bytes()
    over = threading.Event()

    def answer(asked: Asked) -> Iterator[bytes]:
        yield endless("video/mp2t") + data
        over.wait(20)

    server = serve(answer)
    try:
        with media(server.url("/?token=sekrit"), timeout=0.3) as found:
            with suppress(av.error.FFmpegError), found.open() as container:
                for _ in container.demux():
                    pass
            assert found.failure is not None
            assert found.failure.kind == "no_answer"
    finally:
        over.set()
