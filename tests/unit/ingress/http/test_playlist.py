"""Addresses in playlists, and what is not let through."""

from __future__ import annotations

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as some

from ingress.reader.failures import SourceFailure
from ingress.reader.http.playlist import rewritten

SOURCE = httpx2.URL("http://camera.example:8080/live/a/list.m3u8?token=sekrit")


def checked(data: bytes, source: httpx2.URL) -> bytes:
    return rewritten(data, source)


def test_addresses_become_complete() -> None:
    text = b"""#EXTM3U\r
#EXT-X-KEY:METHOD=AES-128,URI="../key.bin?x=1",IV=0x01
#EXT-X-MAP:URI="init.mp4"
#EXTINF:1,
one.ts?a=b
#EXTINF:1,
/two.ts
#EXTINF:1,
//other.example/three.ts
https://other.example/four.ts
"""
    lines = checked(text, SOURCE).decode().splitlines()
    base = "http://camera.example:8080"
    assert lines == [
        "#EXTM3U",
        f'#EXT-X-KEY:METHOD=AES-128,URI="{base}/live/key.bin?x=1",IV=0x01',
        f'#EXT-X-MAP:URI="{base}/live/a/init.mp4"',
        "#EXTINF:1,",
        f"{base}/live/a/one.ts?a=b",
        "#EXTINF:1,",
        f"{base}/two.ts",
        "#EXTINF:1,",
        "http://other.example/three.ts",
        "https://other.example/four.ts",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "file:///etc/passwd",
        "  FILE:///etc/passwd",
        "data:text/plain,x",
        "tcp://10.0.0.1:22",
        "crypto+file:///etc/passwd",
        '#EXT-X-KEY:METHOD=AES-128,URI="file:///etc/shadow"',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="b", URI="pipe:0"',
    ],
)
def test_other_schemes_are_forbidden(line: str) -> None:
    with pytest.raises(SourceFailure) as raised:
        checked(f"#EXTM3U\n{line}\n".encode(), SOURCE)
    assert raised.value.kind == "forbidden"
    assert "sekrit" not in str(raised.value)
    assert "passwd" not in str(raised.value)


MASTER = """#EXTM3U
#EXT-X-VERSION:4
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="low",NAME="a",DEFAULT=YES,URI="low-a.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="high",NAME="b",DEFAULT=NO,URI="high-b.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="high",NAME="a",DEFAULT=YES,URI="high-a.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="s",URI="s.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=500000,RESOLUTION=640x360,CODECS="avc1.42e01e,mp4a",AUDIO="low"
360.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=5000000,CODECS="avc1.64001f",RESOLUTION=1920x1080,AUDIO="high"

1080.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=6000000,RESOLUTION=1920x1080,CODECS="hvc1.1"
hevc.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=15000000,RESOLUTION=3840x2160,CODECS="avc1.640033"
2160.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="i.m3u8"
"""


def test_of_several_variants_the_best_that_fits_stays() -> None:
    lines = checked(MASTER.encode(), SOURCE).decode().splitlines()
    base = "http://camera.example:8080/live/a"
    assert lines == [
        "#EXTM3U",
        "#EXT-X-VERSION:4",
        f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="high",NAME="a",DEFAULT=YES,URI="{base}/high-a.m3u8"',
        '#EXT-X-STREAM-INF:BANDWIDTH=5000000,CODECS="avc1.64001f",RESOLUTION=1920x1080,'
        'AUDIO="high"',
        f"{base}/1080.m3u8",
    ]


LINES = some.sampled_from(MASTER.splitlines()) | some.text() | some.binary().map(repr)


@given(some.lists(LINES).map("\n".join).map(str.encode) | some.binary())
def test_whatever_comes_is_rewritten_or_refused(text: bytes) -> None:
    try:
        made = rewritten(text, SOURCE)
    except SourceFailure:
        return
    for line in made.decode().split("\n"):
        assert not line or line.startswith(("#", "http://", "https://"))
