"""Heads of answers that break HTTP."""

from __future__ import annotations

from functools import partial

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as some

from ingress.reader.http.heads import LONGEST, read_head

KIND, LENGTH = b"Content-Type: image/jpeg\r\n", b"Content-Length: 4\r\n"
GOOD = b"HTTP/1.1 200 OK\r\n" + KIND + LENGTH + b"\r\n"
HEADS = {
    "good": GOOD,
    "LF": GOOD.replace(b"\r\n", b"\n"),
    "no version": GOOD.replace(b"HTTP/1.1", b"HTTP"),
    "ICY": GOOD.replace(b"HTTP/1.1", b"ICY"),
    "no reason": GOOD.replace(b" OK", b""),
    "space before the colon": GOOD.replace(b":", b" :"),
    "no header at all": GOOD.replace(KIND, b"this is none\r\n" + KIND),
    "control characters": GOOD.replace(b" OK", b" \x01OK\r\nX-A: \x00\x02b"),
    "continued": GOOD.replace(b": image", b":\r\n image"),
    "two lengths": GOOD.replace(LENGTH, LENGTH + b"Content-Length: 9\r\n"),
    "a length that is none": GOOD.replace(LENGTH, b"Content-Length: -1\r\n" + LENGTH),
    "another encoding": GOOD.replace(KIND, KIND + b"Transfer-Encoding: identity\r\n"),
    "empty lines before": b"\r\n\r\n" + GOOD,
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD,
}


def mended(data: bytes, size: int) -> bytes:
    """What comes of data that comes in pieces of this size."""
    pieces = iter(data[at : at + size] for at in range(0, len(data), size))
    head, body = read_head(partial(next, pieces, b""))
    return head + body + b"".join(pieces)


@pytest.mark.parametrize("size", [10_000, 1])
@pytest.mark.parametrize("name", HEADS)
def test_a_strict_parser_takes_them(name: str, size: int) -> None:
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(mended(HEADS[name] + b"body", size))
    while isinstance(event := connection.next_event(), h11.InformationalResponse):
        pass
    assert isinstance(event, h11.Response)
    headers = dict(event.headers)
    assert event.status_code == 200
    assert (headers[b"content-type"], headers[b"content-length"]) == (b"image/jpeg", b"4")
    assert bytes(getattr(connection.next_event(), "data", b"")) == b"body"


def test_the_length_of_what_never_ends_is_left_out() -> None:
    endless = GOOD.replace(b"image/jpeg", b"multipart/x-mixed-replace")
    assert mended(endless, 99) == endless.replace(LENGTH, b"")


@given(
    some.lists(some.sampled_from([*HEADS.values(), b"\r\n", b":", b"HTTP"]) | some.binary()),
    some.integers(1, 1000),
)
def test_whatever_comes_is_passed_on_and_bounded(pieces: list[bytes], size: int) -> None:
    assert len(mended(b"".join(pieces) + b"x" * LONGEST, size * 99)) >= LONGEST
