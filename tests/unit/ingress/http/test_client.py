"""GET against servers on loopback: logins, certificates, what fails."""

from __future__ import annotations

import hashlib
import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable

import pytest

from config.source_address import parse
from ingress.reader import connecting
from ingress.reader.failures import SourceFailure
from ingress.reader.http import HttpClient, open_http
from ingress.reader.http.target import target
from tests.unit.ingress.http.certificates import self_signed
from tests.unit.ingress.http.conftest import Serve
from tests.unit.ingress.http.failing import LOOPBACK, SECRETS, fails
from tests.unit.ingress.http.server import CLOSE, Asked, endless, reply


def test_a_body_comes_as_a_stream(serve: Serve) -> None:
    server = serve(lambda asked: reply(b"hello", kind="Video/MP4; a=b"))
    stream = open_http(server.url("/a?b=c"), guard=None)
    assert (stream.content_type, stream.length, stream.status) == ("video/mp4", 5, 200)
    assert stream.peek(3) == b"hel"
    assert (stream.read(2), stream.read(), stream.read()) == (b"he", b"llo", b"")
    stream.close()
    assert server.asked[0].path == "/a?b=c"
    assert server.asked[0].headers["host"] == server.place
    assert "authorization" not in server.asked[0].headers


def test_connections_are_kept(serve: Serve) -> None:
    server = serve(lambda asked: reply(b"x" * 100_000))
    with HttpClient(server.url("/a")) as client:
        for _ in range(5):
            assert len(client.get().read_all(1 << 20)) == 100_000
    assert server.connections == 1


def test_a_kept_connection_that_was_closed_is_made_anew(serve: Serve) -> None:
    server = serve(lambda asked: [*reply(b"x"), CLOSE])
    with HttpClient(server.url("/a")) as client:
        for _ in range(5):
            assert client.get().read_all(10) == b"x"
    assert server.connections == 5


def test_basic_login_is_sent_when_asked_for(serve: Serve) -> None:
    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.headers.get("authorization") == "Basic YWRtaW46cEBzcw==":
            return reply(b"in")
        return reply(b"no", 'WWW-Authenticate: Basic realm="x"', status="401 Unauthorized")

    server = serve(answer)
    with HttpClient(parse(server.url("/", "admin:p@ss"))) as client:
        assert client.get().read_all(10) == b"in"
        assert client.get().read_all(10) == b"in"
    assert ["authorization" in one.headers for one in server.asked] == [False, True, True]
    assert server.connections == 1


@pytest.mark.parametrize(("algorithm", "name"), [("MD5", "md5"), ("SHA-256", "sha256")])
def test_digest_login(serve: Serve, algorithm: str, name: str) -> None:
    def hashed(text: str) -> str:
        return hashlib.new(name, text.encode()).hexdigest()

    def answer(asked: Asked) -> Iterable[bytes]:
        said = dict(re.findall(r'(\w+)="?([^",]*)', asked.headers.get("authorization", "")))
        second = hashed(f"GET:{asked.path}")
        parts = (said.get("nonce"), said.get("nc"), said.get("cnonce"), "auth", second)
        if said and said["response"] == hashed(
            ":".join([hashed("admin:cam:p@ss"), *map(str, parts)])
        ):
            return reply(b"in")
        asks = f'WWW-Authenticate: Digest realm="cam", nonce="n", qop="auth", algorithm={algorithm}'
        basic = 'WWW-Authenticate: Basic realm="cam"'
        return reply(b"no", basic, asks, status="401 Unauthorized")

    server = serve(answer)
    url = server.url("/v?token=sekrit&x=1", "admin:p@ss")
    assert open_http(parse(url), guard=None).read_all(10) == b"in"
    assert fails(server.url("/v", "admin:wrong")).kind == "auth"


def test_without_a_login_it_is_said(serve: Serve) -> None:
    server = serve(lambda asked: reply(b"", "WWW-Authenticate: Basic", status="401 No"))
    assert str(fails(server.url("/"))) == "127.0.0.1 wants a user name and a password"
    failure = fails(server.url("/", "admin:p@ss"))
    assert (failure.kind, str(failure)) == ("auth", "127.0.0.1 refuses this user name or password")
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, "auth"), (404, "not_found"), (410, "not_found"), (500, "protocol"), (400, "protocol")],
)
def test_statuses(serve: Serve, status: int, kind: str) -> None:
    server = serve(lambda asked: reply(b"sekrit", status=f"{status} p@ss"))
    assert fails(server.url("/?password=sekrit", "admin:p@ss")).kind == kind


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert fails(f"http://admin:p@ss@127.0.0.1:{port}/?token=sekrit").kind == "refused"


def test_no_such_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    assert fails("http://admin:p@ss@camera.invalid/?token=sekrit").kind == "unreachable"


def test_silence_ends(serve: Serve) -> None:
    asked_for = threading.Event()

    def answer(asked: Asked) -> Iterable[bytes]:
        asked_for.wait(10)
        return [CLOSE]

    server = serve(answer)
    try:
        assert fails(server.url("/", "admin:p@ss"), timeout=0.2).kind == "no_answer"
    finally:
        asked_for.set()


def test_a_head_byte_by_byte_ends(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingress.reader.http.client._HEAD_TIMEOUT", 0.3)
    monkeypatch.setattr("ingress.reader.http.client.CONNECT_TIMEOUT", 0.1)
    over = threading.Event()

    def answer(asked: Asked) -> Iterable[bytes]:
        yield b"HTTP/1.1 200 OK\r\nX-Slow: "
        while not over.wait(0.02):
            yield b"x"

    server = serve(answer)
    try:
        assert fails(server.url("/"), timeout=5.0).kind == "no_answer"
    finally:
        over.set()


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-OpenSSH\r\n\r\n", b"\x00" * 100, b"HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_http(serve: Serve, answer: bytes) -> None:
    server = serve(lambda asked: [answer, CLOSE] if answer else [CLOSE])
    assert fails(server.url("/?token=sekrit", "admin:p@ss")).kind == "protocol"


def test_a_body_that_breaks_off(serve: Serve) -> None:
    server = serve(lambda asked: [reply(b"x" * 100)[0][:-50], CLOSE])
    stream = open_http(server.url("/?token=sekrit"), guard=None)
    with pytest.raises(SourceFailure) as raised:
        stream.read_all(1000)
    assert raised.value.kind == "ended"
    assert "sekrit" not in str(raised.value)


def test_too_much_ends(serve: Serve) -> None:
    server = serve(lambda asked: reply(b"x" * 2000))
    with pytest.raises(SourceFailure) as raised:
        open_http(server.url("/"), guard=None).read_all(1000)
    assert raised.value.kind == "protocol"


def test_cookies_go_back_to_their_host(serve: Serve) -> None:
    server = serve(lambda asked: reply(b"", "Set-Cookie: a=b; Path=/; HttpOnly"))
    other = serve(lambda asked: reply(b""))
    with HttpClient(server.url("/")) as client:
        client.get().read_all(10)
        client.get().read_all(10)
        client.get(target(other.url("/").replace("127.0.0.1", "localhost"))).read_all(10)
    assert server.asked[1].headers["cookie"] == "a=b"
    assert "cookie" not in other.asked[0].headers


def test_proxies_of_the_environment_are_not_used(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(lambda asked: reply(b"proxy"))
    server = serve(lambda asked: reply(b"server"))
    monkeypatch.setenv("HTTP_PROXY", proxy.url())
    monkeypatch.setenv("http_proxy", proxy.url())
    assert open_http(server.url("/"), guard=None).read_all(10) == b"server"


def test_nothing_secret_is_logged(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """With every logger as talkative as it can be."""

    def answer(asked: Asked) -> Iterable[bytes]:
        if "authorization" not in asked.headers:
            return reply(b"", "WWW-Authenticate: Basic", status="401 No")
        if asked.path.startswith("/first"):
            return reply(b"", "Location: /second?token=sekrit", status="302 Found")
        return [endless("image/jpeg"), b"x", CLOSE]

    caplog.set_level(logging.DEBUG)
    server = serve(answer)
    url = parse(server.url("/first?password=sekrit", "admin:p@ss"))
    with HttpClient(url) as client:
        stream = client.get()
        stream.read_all(10)
        shown = f"{client!r}{stream!r}{stream.name}{stream.target!r}{client.first!r}"
    fails(
        server.url("/first?token=sekrit", "admin:p@ss").replace("127.0.0.1", "127.0.0.2"), LOOPBACK
    )
    for secret in SECRETS:
        assert secret not in caplog.text
        assert secret not in shown


@pytest.fixture(scope="module")
def camera_tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return self_signed(tmp_path_factory.mktemp("certificate"))


def test_a_camera_may_have_signed_its_certificate_itself(
    serve: Serve, camera_tls: ssl.SSLContext
) -> None:
    server = serve(lambda asked: reply(b"hello"), tls=camera_tls)
    with HttpClient(server.url("/"), guard=LOOPBACK) as client:
        for _ in range(5):
            assert client.get().read_all(10) == b"hello"
    assert server.connections == 1


def test_what_waits_is_seen_through_tls(serve: Serve, camera_tls: ssl.SSLContext) -> None:
    over = threading.Event()

    def answer(asked: Asked) -> Iterable[bytes]:
        yield endless("a/b") + b"one"
        over.wait(10)
        yield b"two"
        yield CLOSE

    server = serve(answer, tls=camera_tls)
    with open_http(server.url("/"), guard=None, timeout=5.0) as stream:
        assert stream.read() == b"one"
        assert not stream.waits
        over.set()
        ends = time.monotonic() + 10
        while not stream.waits and time.monotonic() < ends:
            pass
        assert stream.read() == b"two"
        assert stream.read() == b""


def test_nobody_else_may(
    serve: Serve, camera_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "is_public", lambda address: True)
    server = serve(lambda asked: reply(b"hello"), tls=camera_tls)
    failure = fails(server.url("/?token=sekrit", "admin:p@ss"))
    assert failure.kind == "protocol"
    assert str(failure) == "the certificate of 127.0.0.1 is not trusted: self-signed or expired"


def test_no_tls_where_it_should_be(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingress.reader.http.client.CONNECT_TIMEOUT", 0.3)
    server = serve(lambda asked: reply(b"hello"))
    url = server.url("/").replace("http:", "https:")
    assert fails(url).kind == "no_answer"
