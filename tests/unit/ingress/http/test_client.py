"""GET against servers on loopback: logins, redirects, certificates, and what fails."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Iterable

import pytest

from ingress.reader import connection
from ingress.reader.egress_policy import EgressPolicy
from ingress.reader.failures import SourceFailure
from tests.peers.login import Login as Asking
from tests.unit.ingress.http.certificates import self_signed
from tests.unit.ingress.http.conftest import Serve
from tests.unit.ingress.http.failing import LOOPBACK, SECRETS, client, fails, got
from tests.unit.ingress.http.server import CLOSE, Asked, endless, reply
from tests.unit.ingress.http.test_login import behind


def moved(to: str) -> list[bytes]:
    return reply(b"", f"Location: {to}", status="302 Found")


def test_what_is_secret_stays_at_home(serve: Serve) -> None:
    """Login, headers and cookies, which are there after a redirect at home."""
    login = Asking("admin", "p@ss", ("basic",))
    inner, other = behind(login), serve(lambda asked: reply(b"other"))

    def answer(asked: Asked) -> Iterable[bytes]:
        if (asked.headers.get("x-key"), asked.headers["user-agent"]) != ("sekrit", "VLC"):
            return reply(b"", status="403 Forbidden")
        if asked.path == "/a/b":
            return reply(b"", "Location: ../c", "Set-Cookie: a=b; Path=/", status="302 Found")
        if asked.headers["cookie"] == "a=b" and "authorization" in asked.headers:
            return moved(other.url("/there").replace("127.0.0.1", "localhost"))
        return inner(asked)

    server = serve(answer)
    url, headers = server.url("/a/b", "admin:p@ss"), {"X-Key": "sekrit", "user-agent": "VLC"}
    assert got(url, headers=headers) == b"other"
    assert not {"x-key", "cookie", "authorization"} & other.asked[0].headers.keys()
    assert other.asked[0].headers["user-agent"] != "VLC"
    assert "headers" in str(fails(url))


@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, "auth"), (404, "not_found"), (410, "not_found"), (500, "protocol"), (400, "protocol")],
)
def test_statuses(serve: Serve, status: int, kind: str) -> None:
    server = serve(lambda asked: reply(b"sekrit", status=f"{status} p@ss"))
    assert fails(server.url("/?password=sekrit", "admin:p@ss")).kind == kind


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("http://169.254.169.254/latest/meta-data/", "forbidden"),
        ("http://[::1]/", "forbidden"),
        ("http://0x7f000002/", "forbidden"),
        ("file:///etc/passwd", "forbidden"),
        ("http://a:b/", "protocol"),
        ("http://a:99999/", "protocol"),
        ("/", "protocol"),
        ("", "protocol"),
    ],
)
def test_bad_redirects(serve: Serve, location: str, kind: str) -> None:
    server = serve(lambda asked: moved(location))
    # Loopback is listed by its first address only, so the others in it are out of reach.
    assert fails(server.url("/"), EgressPolicy(["127.0.0.1/32"])).kind == kind
    assert len(server.asked) <= 6


def test_loopback_is_out_of_reach_unless_listed(serve: Serve) -> None:
    server = serve(lambda asked: reply(b"secret"))
    assert fails(server.url("/"), EgressPolicy()).kind == "forbidden"
    assert fails(f"http://localhost:{server.port}/", EgressPolicy()).kind == "forbidden"
    assert server.connections == 0
    assert got(server.url("/"), policy=LOOPBACK) == b"secret"


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
    failure = fails(f"http://rebinding.example:{server.port}/", EgressPolicy())
    assert failure.kind == "refused"
    assert connected == [("8.8.8.8", server.port)]


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_silence_ends(serve: Serve, monkeypatch: pytest.MonkeyPatch, head: bytes) -> None:
    monkeypatch.setattr("ingress.reader.http.client.READ_TIMEOUT", 0.3)
    over = threading.Event()

    def answer(asked: Asked) -> Iterable[bytes]:
        yield head
        over.wait(10)

    server = serve(answer)
    assert fails(server.url("/", "admin:p@ss")).kind == "no_answer"
    over.set()


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-OpenSSH\r\n\r\n", b"\x00" * 100, b"HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_http(serve: Serve, answer: bytes) -> None:
    server = serve(lambda asked: [answer, CLOSE] if answer else [CLOSE])
    assert fails(server.url("/?token=sekrit", "admin:p@ss")).kind == "protocol"


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [([reply(b"x" * 100)[0][:-50], CLOSE], "ended"), (reply(b"x" * 2000), "protocol")],
)
def test_a_body_that_breaks_off_or_is_too_long(
    serve: Serve, pieces: list[bytes], kind: str
) -> None:
    server = serve(lambda asked: pieces)
    with pytest.raises(SourceFailure) as raised:
        got(server.url("/?token=sekrit"))
    assert raised.value.kind == kind
    assert "sekrit" not in str(raised.value)


def test_proxies_of_the_environment_are_not_used(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(lambda asked: reply(b"proxy"))
    server = serve(lambda asked: reply(b"server"))
    monkeypatch.setenv("HTTP_PROXY", proxy.url())
    monkeypatch.setenv("http_proxy", proxy.url())
    assert got(server.url("/")) == b"server"


def test_nothing_secret_is_logged(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """With every logger as talkative as it can be."""
    inner = behind(Asking("admin", "p@ss", ("basic",)))

    def answer(asked: Asked) -> Iterable[bytes]:
        if "authorization" not in asked.headers:
            return inner(asked)
        if asked.path.startswith("/first"):
            return moved("/second?token=sekrit")
        return [endless("image/jpeg"), b"x", CLOSE]

    caplog.set_level(logging.DEBUG)
    server = serve(answer)
    url = server.url("/first?password=sekrit", "admin:p@ss")
    with client(url, headers={"X": "sekrit"}) as made:
        stream = made.get()
        stream.read_all(10)
        shown = f"{made!r}{stream!r}{stream.name}"
    fails(url.replace("127.0.0.1", "127.0.0.2"), LOOPBACK)
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
    with client(server.url("/"), policy=LOOPBACK) as made:
        for _ in range(5):
            assert made.get().read_all(10) == b"hello"
    assert server.connections == 1


def test_what_waits_is_seen_through_tls(serve: Serve, camera_tls: ssl.SSLContext) -> None:
    over, sent = threading.Event(), threading.Event()

    def answer(asked: Asked) -> Iterable[bytes]:
        yield endless("a/b") + b"one"
        over.wait(10)
        yield b"two"
        sent.set()
        yield CLOSE

    server = serve(answer, tls=camera_tls)
    with client(server.url("/")) as made:
        stream = made.get()
        assert stream.read() == b"one"
        waits = [stream.waits()]
        over.set()
        assert sent.wait(10)
        waits.append(stream.waits())
        assert waits == [False, True]
        assert (stream.read(), stream.read()) == (b"two", b"")


def test_nobody_else_may(
    serve: Serve, camera_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "is_public", lambda address: True)
    server = serve(lambda asked: reply(b"hello"), tls=camera_tls)
    failure = fails(server.url("/?token=sekrit", "admin:p@ss"))
    assert failure.kind == "protocol"
    assert str(failure) == "the certificate of 127.0.0.1 is not trusted: self-signed or expired"
