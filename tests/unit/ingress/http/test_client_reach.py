"""Redirects, and what a guarded client may reach."""

from __future__ import annotations

import socket
from collections.abc import Iterable

import pytest

from config.source_address import parse
from ingress.reader.http import open_http
from ingress.reader.reach import Reach
from tests.unit.ingress.http.conftest import Serve
from tests.unit.ingress.http.failing import LOOPBACK, fails
from tests.unit.ingress.http.server import Asked, reply


def test_redirects_are_followed_and_the_login_stays_at_home(serve: Serve) -> None:
    def asks(asked: Asked) -> Iterable[bytes]:
        if "authorization" not in asked.headers:
            return reply(b"", "WWW-Authenticate: Basic", status="401 No")
        return reply(b"", f"Location: {other.url('/there')}", status="302 Found")

    other = serve(lambda asked: reply(b"", "WWW-Authenticate: Basic", status="401 No"))
    first = serve(asks)
    assert fails(first.url("/", "admin:p@ss"), LOOPBACK).kind == "auth"
    assert [one.path for one in other.asked] == ["/there"]
    assert "authorization" not in other.asked[0].headers


def test_relative_redirects_keep_the_login(serve: Serve) -> None:
    def answer(asked: Asked) -> Iterable[bytes]:
        if "authorization" not in asked.headers:
            return reply(b"", "WWW-Authenticate: Basic", status="401 No")
        if asked.path == "/a/b":
            return reply(b"", "Location: ../c", status="307 Go")
        return reply(b"in")

    server = serve(answer)
    stream = open_http(parse(server.url("/a/b", "admin:p@ss")), guard=None)
    assert stream.read_all(10) == b"in"
    assert stream.target.path == "/c"


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("http://169.254.169.254/latest/meta-data/", "forbidden"),
        ("http://[::1]/", "forbidden"),
        ("http://0x7f000002/", "forbidden"),
        ("file:///etc/passwd", "forbidden"),
        ("http://[", "protocol"),
        ("", "protocol"),
    ],
)
def test_bad_redirects(serve: Serve, location: str, kind: str) -> None:
    server = serve(lambda asked: reply(b"", f"Location: {location}", status="302 Found"))
    # Loopback is listed by its first address only, so the others in it are out of reach.
    assert fails(server.url("/"), Reach(["127.0.0.1/32"])).kind == kind


def test_redirects_in_a_circle_end(serve: Serve) -> None:
    server = serve(lambda asked: reply(b"", "Location: /", status="302 Found"))
    assert fails(server.url("/")).kind == "protocol"
    assert len(server.asked) == 6


def test_loopback_is_out_of_reach_unless_listed(serve: Serve) -> None:
    server = serve(lambda asked: reply(b"secret"))
    assert fails(server.url("/"), Reach()).kind == "forbidden"
    assert fails(f"http://localhost:{server.port}/", Reach()).kind == "forbidden"
    assert server.connections == 0
    assert open_http(server.url("/"), guard=LOOPBACK).read_all(10) == b"secret"


def test_the_address_that_was_checked_is_the_one_that_is_used(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads outside for the check and inside a moment later."""
    server = serve(lambda asked: reply(b"secret"))
    found = socket.getaddrinfo
    answers = iter(["8.8.8.8", "127.0.0.1", "127.0.0.1"])
    connected: list[object] = []

    def rebinding(host: object, *rest: object, **options: object) -> object:
        if host == "rebinding.example":
            host = next(answers)
        return found(host, *rest, **options)  # type: ignore[arg-type]

    def create(place: object, timeout: float) -> socket.socket:
        connected.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket, "create_connection", create)
    failure = fails(f"http://rebinding.example:{server.port}/", Reach())
    assert failure.kind == "refused"
    assert connected == [("8.8.8.8", server.port)]
