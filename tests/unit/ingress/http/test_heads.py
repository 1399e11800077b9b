"""Heads of answers that break HTTP."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as some

from ingress.reader.http.heads import LONGEST, HeadMender

HEADS = {
    "good": b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\n",
    "LF": b"HTTP/1.1 200 OK\nContent-Type: image/jpeg\nContent-Length: 4\n\n",
    "no version": b"HTTP 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\n",
    "ICY": b"ICY 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\n",
    "no reason": b"HTTP/1.0 200\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\n",
    "space before the colon": b"HTTP/1.1 200 OK\r\nContent-Type : image/jpeg\r\n"
    b"Content-Length : 4\r\n\r\n",
    "no header at all": b"HTTP/1.1 200 OK\r\nthis is none\r\nContent-Type: image/jpeg\r\n"
    b"Content-Length: 4\r\n\r\n",
    "control characters": b"HTTP/1.1 200 \x01OK\r\nX-A: \x00\x02b\r\nContent-Type: image/jpeg\r\n"
    b"Content-Length: 4\r\n\r\n",
    "continued": b"HTTP/1.1 200 OK\r\nContent-Type:\r\n image/jpeg\r\nContent-Length: 4\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n"
    b"Content-Length: 9\r\n\r\n",
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"
    b"Content-Length: -1\r\nContent-Length: 4\r\n\r\n",
    "another encoding": b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"
    b"Transfer-Encoding: identity\r\nContent-Length: 4\r\n\r\n",
    "empty lines before": b"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"
    b"Content-Length: 4\r\n\r\n",
    "continue": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"
    b"Content-Length: 4\r\n\r\n",
}


def _read(data: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
    """What a strict parser makes of it."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    event = connection.next_event()
    while isinstance(event, h11.InformationalResponse):
        event = connection.next_event()
    assert isinstance(event, h11.Response)
    body = connection.next_event()
    assert isinstance(body, h11.Data)
    return event.status_code, dict(event.headers), bytes(body.data)


@pytest.mark.parametrize("size", [10_000, 1])
@pytest.mark.parametrize("name", HEADS)
def test_a_strict_parser_takes_them(name: str, size: int) -> None:
    mender = HeadMender()
    mender.expect()
    data = HEADS[name] + b"body"
    passed = b"".join(mender.feed(data[at : at + size]) for at in range(0, len(data), size))
    status, headers, body = _read(passed)
    assert status == 200
    assert headers[b"content-type"] == b"image/jpeg"
    assert headers[b"content-length"] == b"4"
    assert body == b"body"


def test_the_length_of_what_never_ends_is_left_out() -> None:
    mender = HeadMender()
    mender.expect()
    kind = b"Content-Type: multipart/x-mixed-replace\r\n"
    passed = mender.feed(b"HTTP/1.1 200 OK\r\n" + kind + b"Content-Length: 9\r\n\r\n")
    assert passed == b"HTTP/1.1 200 OK\r\n" + kind + b"\r\n"


def test_bodies_pass_as_they_are() -> None:
    mender = HeadMender()
    assert mender.feed(b"\r\n\r\nHTTP 200") == b"\r\n\r\nHTTP 200"


@given(some.lists(some.sampled_from([*HEADS.values(), b"\r\n", b":", b"HTTP"]) | some.binary()))
def test_whatever_comes_is_passed_on_and_bounded(pieces: list[bytes]) -> None:
    mender = HeadMender()
    mender.expect()
    passed = sum(len(mender.feed(one)) for one in [*pieces, b"x" * LONGEST, b"x", b"tail"])
    assert passed > LONGEST
    assert mender.rest() == b""
