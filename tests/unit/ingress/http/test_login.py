"""What is answered to a server that wants to know who asks."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from ingress.reader.http.login import Login, challenges


def _fields(header: str) -> dict[str, str]:
    assert header.startswith("Digest ")
    return {
        name: quoted or plain
        for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', header)
    }


def test_several_challenges_in_one_header_are_told_apart() -> None:
    found = challenges(
        ['Digest realm="a, b=c", nonce="x\\"y", qop="auth,auth-int", Basic realm=plain', "NTLM"]
    )
    assert [one.scheme for one in found] == ["digest", "basic", "ntlm"]
    assert found[0].parameters == {"realm": "a, b=c", "nonce": 'x"y', "qop": "auth,auth-int"}
    assert found[1].parameters == {"realm": "plain"}


def test_nothing_is_said_before_it_is_asked() -> None:
    assert Login("admin", "p@ss").header("GET", "/") is None


def test_basic() -> None:
    login = Login("admin", "p@ss:ü")
    assert login.accept(['Basic realm="camera"'])
    said = login.header("GET", "/")
    assert said is not None
    assert base64.b64decode(said.removeprefix("Basic ")).decode() == "admin:p@ss:ü"
    assert not login.accept(['Basic realm="camera"'])


def test_the_example_of_rfc_2617() -> None:
    login = Login("Mufasa", "Circle Of Life")
    nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
    assert login.accept([f'Digest realm="testrealm@host.com", nonce="{nonce}", opaque="5ccc"'])
    said = _fields(login.header("GET", "/dir/index.html") or "")
    assert said["response"] == "670fd8c2df070c60b045671b8b24ff02"  # without qop: RFC 2069
    assert said["opaque"] == "5ccc"
    assert "qop" not in said


@pytest.mark.parametrize("algorithm", ["MD5", "MD5-sess", "SHA-256", "sha-256-sess", None])
def test_digest_with_qop(algorithm: str | None) -> None:
    login = Login("admin", "p@ss")
    said = f", algorithm={algorithm}" if algorithm else ""
    assert login.accept([f'Digest realm="cam", qop="auth", nonce="n1"{said}'])
    for count in ("00000001", "00000002"):
        fields = _fields(login.header("GET", "/video?x=1,2") or "")
        assert fields["nc"] == count
        assert fields["uri"] == "/video?x=1,2"
        assert fields.get("algorithm") == algorithm
        name = "sha256" if "sha-256" in (algorithm or "").lower() else "md5"

        def hashed(text: str, name: str = name) -> str:
            return hashlib.new(name, text.encode()).hexdigest()

        first = hashed("admin:cam:p@ss")
        if "sess" in (algorithm or ""):
            first = hashed(f"{first}:n1:{fields['cnonce']}")
        second = hashed("GET:/video?x=1,2")
        expected = hashed(f"{first}:n1:{count}:{fields['cnonce']}:auth:{second}")
        assert fields["response"] == expected


def test_the_strongest_is_chosen() -> None:
    login = Login("admin", "x")
    assert login.accept(
        [
            'Basic realm="a"',
            'Digest realm="a", nonce="1", algorithm=MD5, qop="auth"',
            'Digest realm="a", nonce="2", algorithm=SHA-256, qop="auth"',
        ]
    )
    assert _fields(login.header("GET", "/") or "")["algorithm"] == "SHA-256"


@pytest.mark.parametrize(
    "offered",
    [
        ["NTLM"],
        ['Digest realm="a", nonce="1", qop="auth-int"'],
        ['Digest realm="a", nonce="1", algorithm=WHAT'],
        ['Digest realm="a"'],
        [""],
        ["=,=,"],
    ],
)
def test_what_cannot_be_answered_is_not(offered: list[str]) -> None:
    assert not Login("admin", "x").accept(offered)


def test_an_old_nonce_is_replaced_and_a_wrong_password_given_up() -> None:
    login = Login("admin", "x")
    assert login.accept(['Digest realm="a", nonce="1", qop="auth"'])
    login.header("GET", "/")
    assert login.accept(['Digest realm="a", nonce="2", qop="auth", stale=TRUE'])
    fields = _fields(login.header("GET", "/") or "")
    assert (fields["nonce"], fields["nc"]) == ("2", "00000001")
    assert not login.accept(['Digest realm="a", nonce="3", qop="auth"'])


def test_it_shows_nothing() -> None:
    login = Login("admin", "p@ss")
    login.accept(['Basic realm="a"'])
    assert "admin" not in repr(login)
    assert "p@ss" not in repr(login)
