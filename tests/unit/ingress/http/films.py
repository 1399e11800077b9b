"""Films as files and as HLS, and who serves, opens and counts them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import av

from config.source_address import parse
from ingress.reader.egress_policy import EgressPolicy
from ingress.reader.http.media import HttpMedia
from ingress.reader.http.source import open_http
from ingress.reader.messages import Request
from tests.support.clips import PLAIN, film
from tests.unit.ingress.http.server import Answer, Asked, reply


def hls(folder: Path, seconds: float = 4, **options: str) -> Path:
    """A playlist `list.m3u8`, with segments of 0.4 s beside it, each of which begins with a
    keyframe.
    """
    folder.mkdir(parents=True, exist_ok=True)
    whole = film(
        folder / "whole.ts", seconds=seconds, options=PLAIN | {"x264-params": "scenecut=0"}
    )
    said = {"hls_time": "0.4", "hls_list_size": "0", "hls_playlist_type": "vod"} | options
    with (
        av.open(whole) as source,
        av.open(folder / "list.m3u8", "w", format="hls", options=said) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return folder


def live(folder: Path, first: Callable[[], int]) -> Answer:
    """A live playlist `/live` of three of these segments, from the `first` on."""
    plain = files(folder)
    segments = re.findall(r"#EXTINF:[^\n]*\n[^\n#]+\n", (folder / "list.m3u8").read_text())

    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.path != "/live":
            return plain(asked)
        number = min(first(), len(segments) - 3)
        head = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{number}\n"
        end = "#EXT-X-ENDLIST\n" if number == len(segments) - 3 else ""
        text = head + "".join(segments[number : number + 3]) + end
        return reply(text.encode(), kind="application/vnd.apple.mpegurl")

    return answer


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
def media(url: str, policy: EgressPolicy | None = None) -> Iterator[HttpMedia]:
    """What stands there, which is to be a container."""
    found = open_http(Request(url), parse(url), policy)
    with closing(found):
        assert isinstance(found, HttpMedia)
        yield found


def count(url: str, policy: EgressPolicy | None = None) -> int:
    """Pictures until the end."""
    with media(url, policy) as found:
        with found.open() as container:
            packets = sum(1 for packet in container.demux(video=0) if packet.size)
        assert found.failure is None
    return packets
