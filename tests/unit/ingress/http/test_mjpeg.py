"""Pictures out of whatever cameras send."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ingress.reader.http.mjpeg import LONGEST_HEAD, LONGEST_PICTURE, JpegParser
from tests.unit.ingress.http.pictures import is_decodable, picture, with_thumbnail

COUNT = 4


def part(
    data: bytes,
    *headers: str,
    boundary: str = "--frame",
    line: str = "\r\n",
    length: str = "{}",
    by: int = 0,
    kind: str = "image/jpeg",
) -> bytes:
    """length: as it is said, with `by` bytes too many; "" for not."""
    lines = [boundary] if boundary else []
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"Content-Length: {length.format(len(data) + by)}"] if length else []
    return line.join([*lines, *headers, "", ""]).encode() + data + line.encode()


def stream(**habit: Any) -> bytes:
    """All pictures in parts with a habit."""
    return b"".join(part(one, **habit) for one in PICTURES)


def parsed(body: bytes, size: int = 1 << 30) -> list[bytes]:
    parser = JpegParser()
    found = list[bytes]()
    for place in range(0, len(body), size):
        found += parser.feed(body[place : place + size])
    return found


PICTURES = [picture(number) for number in range(COUNT)]
NOISE = [random.Random(one).randbytes(5000).replace(b"\xff", b"") for one in range(COUNT)]
AGAIN = b"--frame--\r\nHTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace\r\n\r\n"
HABITS = {
    "usual": stream(),
    "without length": stream(length=""),
    "length too short": stream(by=-50),
    "length of zero": stream(length="0"),
    "length too long": stream(by=50),
    "length much too long": stream(length="1000000000"),
    "length that is none": stream(length="x"),
    "LF": stream(line="\n"),
    "no boundary": stream(boundary=""),
    "boundaries that change": b"".join(
        part(one, boundary=f"--{number}") for number, one in enumerate(PICTURES)
    ),
    "no headers": stream(kind="", length=""),
    "odd case": stream().replace(b"Type", b"tYPE").replace(b"Content-L", b"cONTENT-l"),
    "blank lines": b"".join(b"\r\n\r\n\r\n" + part(one) + b"\r\n\r\n" for one in PICTURES),
    "preamble": b"This is a camera.\r\nHave a nice day!\r\n\r\n" + stream(),
    "closed and begun again": AGAIN.join(map(part, PICTURES)),
    "parts of text without length": b"".join(
        part(b"motion=0", kind="text/plain", length="") + part(one) for one in PICTURES
    ),
    "concatenated": b"".join(PICTURES),
    "garbage between": b"".join(one for pair in zip(NOISE, PICTURES, strict=True) for one in pair),
    "zeros after": b"".join(part(one + bytes(77)) for one in PICTURES),
    "a type of its own": stream(kind="image/x-camera"),
}


@pytest.mark.parametrize("size", [1 << 30, 4096, 61, 1], ids=["whole", "4096", "61", "1"])
@pytest.mark.parametrize("habit", HABITS)
def test_every_habit_gives_the_pictures(habit: str, size: int) -> None:
    assert parsed(HABITS[habit], size) == PICTURES


def test_a_thumbnail_is_no_picture() -> None:
    pictures = [with_thumbnail(number) for number in range(3)]
    assert all(is_decodable(one) for one in pictures)
    for body in (b"".join(pictures), b"".join(part(one, length="") for one in pictures)):
        for size in (1 << 30, 13):
            assert parsed(body, size) == pictures


def test_a_torn_picture_is_left_out() -> None:
    torn = PICTURES[1][: len(PICTURES[1]) // 2]
    body = part(PICTURES[0], length="") + part(torn, length="") + part(PICTURES[2], length="")
    parser = JpegParser()
    assert parser.feed(body) == [PICTURES[0], PICTURES[2]]


def test_pictures_that_never_have_an_end_are_taken() -> None:
    body = b"".join(part(one[:-2], length="") for one in PICTURES)
    assert parsed(body) == PICTURES[:-1]
    body = b"".join(part(one[:-2]) for one in PICTURES)
    assert parsed(body + b"--frame\r\n") == PICTURES


def test_it_comes_with_its_last_byte() -> None:
    parser = JpegParser()
    body = part(PICTURES[0])
    end = body.rindex(b"\xff\xd9") + 2
    assert parser.feed(body[: end - 1]) == []
    assert parser.feed(body[end - 1 : end]) == [PICTURES[0]]


def test_what_never_ends_is_bounded() -> None:
    parser = JpegParser()
    start = PICTURES[0][:-2]
    parser.feed(start)
    for _ in range(LONGEST_PICTURE // (1 << 20) + 4):
        assert parser.feed(bytes(1 << 20)) == []
    assert len(parser._buffer) <= 2 * LONGEST_HEAD + (1 << 20)
    assert parser.feed(part(PICTURES[1])) == [PICTURES[1]]


def test_what_is_no_picture_is_bounded_and_counted() -> None:
    parser = JpegParser()
    for _ in range(100):
        assert parser.feed(b"Content-Type: text/html\r\n" * 1000) == []
    assert parser.passed > 2_000_000
    assert len(parser._buffer) <= 2 * LONGEST_HEAD


@given(some.lists(some.sampled_from([*HABITS.values(), b"\xff\xd8\xff", b"--"]) | some.binary()))
def test_noise_breaks_nothing(pieces: list[bytes]) -> None:
    """Damaged streams give pictures or none, and what comes behind them is found."""
    parser = JpegParser()
    for piece in pieces:
        parser.feed(piece[: len(piece) * 3 // 4])
    # A wrong length of a segment may lead 64 KiB into what follows.
    assert len(parser.feed(b"".join(part(one) for one in PICTURES * 10))) > len(PICTURES)
