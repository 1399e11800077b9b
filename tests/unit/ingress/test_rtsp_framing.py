"""What an RTSP server may say, where it is cut off, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from config.source_address import parse
from ingress.reader.failures import SourceFailure
from ingress.reader.rtsp_conversation import RtspConversation
from ingress.reader.rtsp_framing import LONGEST_HEAD, RtspParts

OPTIONS = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE, SETUP, PLAY\r\n\r\n"
DESCRIBE = (
    b"RTSP/1.0 200 OK\r\nCSeq: 2\r\ncontent-length:32\r\n\r\n"
    b"v=0\r\nRTSP/1.0 302 Moved\r\n\r\n$ab\r\n"
)
PACKET = b"$\x00\x00\x1e\x80\x60RTSP/1.0 302 Moved\r\n\r\nabcdef"
ASKS = b"OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n"
UNAUTHORIZED = b'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm="a"\r\n\r\n'
MOVED = b"RTSP/1.0 302 Moved Temporarily\r\nCSeq: 3\r\nLocation: rtsp://10.0.0.1/\r\n\r\n"
SIZES = pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1 << 20])
cuts = some.lists(some.integers(1, 90), min_size=1)


def fed(parts: RtspParts, data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """What passes, in pieces of these sizes again and again."""
    at = turn = 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        for part in parts.feed(data[at : at + size]):
            yield part.data
        at, turn = at + size, turn + 1


def passed(data: bytes, size: int = 1 << 20, *, strict: bool = True) -> bytes:
    parts = RtspParts()
    parts.strict = strict
    return b"".join(fed(parts, data, [size]))


@given(some.lists(some.sampled_from([OPTIONS, DESCRIBE, PACKET, ASKS, UNAUTHORIZED])), cuts)
def test_a_session_passes_as_it_is_wherever_it_is_cut(said: list[bytes], sizes: list[int]) -> None:
    data = b"".join(said)
    assert b"".join(fed(RtspParts(), data, sizes)) == data


@SIZES
@pytest.mark.parametrize(
    "moved",
    [
        MOVED,
        MOVED.replace(b"302 Moved Temporarily", b"301"),
        MOVED.replace(b"302", b"399"),
        MOVED.replace(b"RTSP/1.0 ", b"RTSP/2.0\t "),
        MOVED.replace(b"\r\n", b"\n"),
        MOVED.replace(b"RTSP", b"R\rTS\rP"),
        b"\r\n\n\r\n" + MOVED,
        MOVED[:-2],  # not even complete
        b"REDIRECT rtsp://a/ RTSP/1.0\r\nLocation: rtsp://10.0.0.1/\r\n\r\n",
    ],
)
def test_a_redirect_is_not_passed_on(moved: bytes, size: int) -> None:
    before, seen = OPTIONS + DESCRIBE + PACKET, list[bytes]()
    with pytest.raises(SourceFailure) as raised:
        seen.extend(fed(RtspParts(), before + moved, [size]))
    assert raised.value.kind == "forbidden"
    assert b"".join(seen) == before


@pytest.mark.parametrize(
    "data",
    [
        b" RTSP/1.0 302 Moved\r\n\r\n",
        b"RTSP/1.0  +302 Moved\r\n\r\n",
        b"RTSP/1.0 302Moved\r\n\r\n",
        b"RTSP/x 302 Moved\r\n\r\n",
        b"HTTP/1.1 302 Found\r\n\r\n",
        b"rtsp/1.0 302 Moved\r\n\r\n",
        b"RTSP/1.0 200 OK\r\n$\x00\x00\x00\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: 0x10\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: 9999999\r\n\r\n",
        b"RTSP/1.0 200\x00 OK\r\n\r\n",
        b"\x80\x03garbage\n",
    ],
)
def test_what_ffmpeg_might_read_otherwise_ends_it(data: bytes) -> None:
    for size in (1, 1 << 20):
        with pytest.raises(SourceFailure):
            passed(OPTIONS + data, size)


def test_heads_are_bounded() -> None:
    with pytest.raises(SourceFailure):
        passed(b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * LONGEST_HEAD, 1000)


def test_packets_that_are_too_short_are_left_out() -> None:
    assert passed(b"$\x00\x00\x07RTSP/1." + PACKET + b"$\x00\x00\x00" + OPTIONS) == PACKET + OPTIONS


@SIZES
@pytest.mark.parametrize(
    "garbage", [b"\0" * 7, b"\n", b"$", b"$$\x00\x00", b"RTS", b"$\xff\x00\x08", bytes(range(40))]
)
def test_garbage_between_packets_is_left_out(garbage: bytes, size: int) -> None:
    data = garbage.join([PACKET, PACKET, OPTIONS, PACKET, PACKET + PACKET])
    assert passed(data, size, strict=False) == PACKET * 2 + OPTIONS + PACKET * 3


@given(some.binary(max_size=300), cuts, some.booleans())
def test_whatever_comes_ends_it_or_is_left_out(data: bytes, sizes: list[int], strict: bool) -> None:
    parts = RtspParts()
    parts.strict = strict
    try:
        seen = b"".join(fed(parts, data, sizes))
    except SourceFailure:
        return
    assert len(seen) <= len(data) + data.count(b"\n")


@given(some.lists(some.sampled_from([OPTIONS, UNAUTHORIZED, ASKS, PACKET, MOVED]) | some.binary()))
def test_a_conversation_survives_whatever_is_said(said: list[bytes]) -> None:
    talk = RtspConversation(parse("rtsp://cam:p@ss@camera/a"), 554)
    with suppress(SourceFailure):
        for one in said:
            talk.asks(ASKS)
            for passed in talk.says(one):
                assert b"p@ss" not in passed
            talk.again()
