"""Addresses in their parts."""

from __future__ import annotations

import pytest

from config.source_address import parse
from ingress.reader.failures import SourceFailure
from ingress.reader.http.target import target


def test_the_parts() -> None:
    found = target(parse("http://admin:p@ss/w?rd@camera:8080/video one?token=sekrit&x=ü").url)
    assert (found.scheme, found.host, found.port) == ("http", "camera", 8080)
    assert (found.user, found.password) == ("admin", "p@ss/w?rd")
    assert found.path == "/video%20one?token=sekrit&x=%C3%BC"
    assert found.place == "camera:8080"
    assert found.url == "http://camera:8080/video%20one?token=sekrit&x=%C3%BC"
    for said in (str(found), repr(found)):
        assert "p@ss" not in said
        assert "sekrit" not in said


def test_ports_and_brackets() -> None:
    assert target("https://camera/").port == 443
    assert target("https://camera:443/").place == "camera"
    assert target("http://[2001:db8::1]:81/a#b").place == "[2001:db8::1]:81"
    assert target("http://camera").path == "/"
    assert target("http://bücher.example/").host == "xn--bcher-kva.example"


def test_references() -> None:
    base = target("http://camera:81/a/b?x")
    assert base.joined("c").url == "http://camera:81/a/c"
    assert base.joined("//other/c").host == "other"
    assert base.joined(" https://camera/c ").scheme == "https"


@pytest.mark.parametrize("reference", ["file:///etc/passwd", "gopher://a/", "javascript:1"])
def test_other_schemes_are_forbidden(reference: str) -> None:
    with pytest.raises(SourceFailure) as raised:
        target("http://camera/").joined(reference)
    assert raised.value.kind == "forbidden"


@pytest.mark.parametrize(
    "url",
    ["http://", "http:///a", "http://a:99999/", "http://a:b/", "http://[::1", "http://a b/"],
)
def test_garbage_is_said(url: str) -> None:
    with pytest.raises(SourceFailure) as raised:
        target(url)
    assert raised.value.kind == "protocol"


def test_who_may_get_the_login() -> None:
    first = target("http://camera/")
    assert first.trusts(target("http://camera/other"))
    assert first.trusts(target("https://camera/"))
    assert not first.trusts(target("http://camera:81/"))
    assert not first.trusts(target("http://camera.example/"))
    assert not target("https://camera/").trusts(first)
