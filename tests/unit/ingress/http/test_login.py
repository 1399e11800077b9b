"""Logins over HTTP: what cameras ask for, and what cannot be answered."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ingress.reader.failures import SourceFailure
from ingress.reader.login import Login
from tests.peers.login import Login as Asking
from tests.unit.ingress.http.conftest import Serve
from tests.unit.ingress.http.failing import client, fails, got
from tests.unit.ingress.http.server import Answer, Asked, reply


def behind(login: Asking, body: bytes = b"in") -> Answer:
    def answer(asked: Asked) -> Iterable[bytes]:
        if login.passes(asked.path, asked.headers.get("authorization", "")):
            return reply(body)
        return reply(b"no", *login.headers(), status="401 Unauthorized")

    return answer


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize(
    "offers",
    [
        ("basic",),
        ("MD5",),
        ("SHA-256",),
        ("MD5-sess",),
        ("MD5", "SHA-256"),
        ("SHA-256", "MD5", "basic"),
        ("Negotiate", "SHA-512-256", "MD5", "NTLM"),
    ],
)
def test_logins(serve: Serve, offers: tuple[str, ...], together: bool) -> None:
    """Each nonce is good once, and is not called stale when it has grown old."""
    login = Asking("admin", "p@ss:ü", offers, together=together)
    server = serve(behind(login))
    with client(server.url("/v?token=sekrit&x=1,2", "admin:p@ss:ü")) as made:
        for _ in range(3):
            assert made.get().read_all(10) == b"in"
    assert login.right == 3


def test_a_digest_of_old_cameras(serve: Serve) -> None:
    server = serve(behind(Asking("admin", "p@ss", qop="")))
    assert got(server.url("/", "admin:p@ss")) == b"in"


@pytest.mark.parametrize("offers", [("basic",), ("MD5",)])
def test_a_wrong_password_is_tried_twice_at_most(serve: Serve, offers: tuple[str, ...]) -> None:
    login = Asking("admin", "p@ss", offers)
    server = serve(behind(login))
    assert "wants" in str(fails(server.url("/")))
    failure = fails(server.url("/", "admin:wrong"))
    assert (failure.kind, "refuses" in str(failure)) == ("auth", True)
    assert login.asked == 1 + 2


@pytest.mark.parametrize(
    ("offer", "named"),
    [
        ("NTLM", "Ntlm"),
        ('Digest nonce="1", algorithm=SHA-512-256', "SHA-512-256"),
        ('Digest nonce="1", qop="auth-int"', "MD5"),
        ('Digest realm="a"', "MD5"),
        ("", "nothing"),
        ("=,=,", "nothing"),
    ],
)
def test_a_login_that_is_not_known_is_no_wrong_password(
    serve: Serve, offer: str, named: str
) -> None:
    server = serve(lambda asked: reply(b"", f"WWW-Authenticate: {offer}", status="401 No"))
    failure = fails(server.url("/", "admin:p@ss"))
    assert (failure.kind, "refuses" in str(failure)) == ("auth", False)
    assert named in str(failure)
    assert len(server.asked) == 1


FIELDS = some.sampled_from(
    ["Digest ", "Basic", 'realm="a', 'nonce="1"', ",", "=", '"', "\\", "qop=auth", "algorithm=MD5"]
)


@given(some.lists(some.lists(FIELDS | some.text()).map("".join)))
def test_whatever_is_asked_for_is_answered_or_refused(headers: list[str]) -> None:
    login = Login("ü", '"\\', "camera")
    with suppress(SourceFailure):
        login.learn(headers, again=False)
        assert login.answer("GET", "/b").startswith(("Basic ", "Digest "))
