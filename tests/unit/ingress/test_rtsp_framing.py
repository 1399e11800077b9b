"""What an RTSP server may say, and where it is cut off."""

from __future__ import annotations

import random

import pytest

from ingress.reader.failures import SourceFailure
from ingress.reader.rtsp_framing import LONGEST_HEAD, RtspFilter

OPTIONS = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE, SETUP, PLAY\r\n\r\n"
DESCRIBE = (
    b"RTSP/1.0 200 OK\r\nCSeq: 2\r\ncontent-length:32\r\n\r\n"
    b"v=0\r\nRTSP/1.0 302 Moved\r\n\r\n$ab\r\n"
)
PACKET = b"$\x00\x00\x1eRTSP/1.0 302 Moved\r\n\r\nabcdefgh"
ASKS = b"OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n"
UNAUTHORIZED = b'RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm="a"\r\n\r\n'
MOVED = b"RTSP/1.0 302 Moved Temporarily\r\nCSeq: 3\r\nLocation: rtsp://10.0.0.1/\r\n\r\n"


def passed(data: bytes, size: int = 1 << 20) -> bytes:
    through = RtspFilter()
    return b"".join(through.feed(data[at : at + size]) for at in range(0, len(data), size))


def test_the_parts_of_these_tests_are_what_they_say() -> None:
    assert int.from_bytes(PACKET[2:4], "big") == len(PACKET) - 4
    assert len(DESCRIBE.partition(b"\r\n\r\n")[2]) == 32


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1 << 20])
def test_a_session_passes_as_it_is(size: int) -> None:
    data = UNAUTHORIZED + OPTIONS + DESCRIBE + PACKET * 3 + ASKS + OPTIONS + PACKET + b"\r\n" + ASKS
    assert passed(data, size) == data


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1 << 20])
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
    through = RtspFilter()
    before = OPTIONS + DESCRIBE + PACKET
    data = before + moved
    given = bytearray()
    with pytest.raises(SourceFailure) as raised:
        _feed(through, data, size, given)
    assert raised.value.kind == "forbidden"
    assert (before + b"\r\n\n\r\n").startswith(bytes(given))


def _feed(through: RtspFilter, data: bytes, size: int, given: bytearray) -> None:
    for at in range(0, len(data), size):
        given += through.feed(data[at : at + size])


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
def test_what_ffmpeg_might_read_otherwise_is_not_passed_on(data: bytes) -> None:
    for size in (1, 1 << 20):
        with pytest.raises(SourceFailure):
            passed(OPTIONS + data, size)


def test_packets_that_are_too_short_are_left_out() -> None:
    assert passed(b"$\x00\x00\x07RTSP/1." + PACKET + b"$\x00\x00\x00" + OPTIONS) == PACKET + OPTIONS


def test_heads_are_bounded() -> None:
    through = RtspFilter()
    with pytest.raises(SourceFailure):
        _feed(through, b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * LONGEST_HEAD, 1000, bytearray())


@pytest.mark.parametrize("seed", range(20))
def test_wherever_it_is_cut_it_reads_the_same(seed: int) -> None:
    chance = random.Random(seed)
    parts = [OPTIONS, DESCRIBE, PACKET, ASKS, UNAUTHORIZED]
    data = b"".join(chance.choice(parts) for _ in range(50))
    through, given, at = RtspFilter(), b"", 0
    while at < len(data):
        size = chance.randrange(1, 90)
        given += through.feed(data[at : at + size])
        at += size
    assert given == data
