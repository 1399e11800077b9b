"""What a source from the page may reach."""

from __future__ import annotations

import socket
import threading

import pytest

from ingress.reader import egress_policy
from ingress.reader.egress_policy import EgressPolicy, is_public
from ingress.reader.failures import SourceFailure

PRIVATE = """
0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 127.8.9.1 168.63.129.16
169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.168.1.1 198.18.0.1
198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1
::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::169.254.169.254
64:ff9b:1::1 2002:7f00:1:: 2002:a00:1::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 3fff::1
fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 100::1 5f00::1
"""
PUBLIC = """
8.8.8.8 172.15.0.1 172.32.0.1 100.63.255.255 100.128.0.1 192.169.0.1 ::ffff:8.8.8.8
64:ff9b::808:808 2002:808:808::1 2606:4700::1111 2a00:1450::1
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_private_addresses_are_refused(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(SourceFailure) as raised:
        EgressPolicy().check(address)
    assert raised.value.kind == "forbidden"
    assert str(raised.value) == (
        f"{address} is in a private network: the operator may list it in SOURCE_NETWORKS"
    )


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_public(address)
    assert EgressPolicy().allows(address)


@pytest.mark.parametrize(
    "spelled", ["2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "127.1", "017700000001"]
)
def test_other_spellings_of_loopback_are_refused(spelled: str) -> None:
    with pytest.raises(SourceFailure) as raised:
        EgressPolicy().check(spelled)
    assert raised.value.kind == "forbidden"


def test_a_zone_makes_nothing_public() -> None:
    assert not EgressPolicy().allows("fe80::1%2")
    assert EgressPolicy(["fe80::/10"]).allows("fe80::1%2")


def test_what_is_listed_is_allowed() -> None:
    listed = EgressPolicy(["192.168.7.0/24", "10.0.0.9", "fd00::/8"])
    assert listed.check("192.168.7.20") == ["192.168.7.20"]
    assert listed.check("10.0.0.9") == ["10.0.0.9"]
    assert listed.check("fd12::1") == ["fd12::1"]
    assert listed.allows("::ffff:192.168.7.20")
    for other in ("192.168.8.1", "10.0.0.10", "fe80::1", "127.0.0.1", "::ffff:192.168.8.1"):
        assert not listed.allows(other)


def _resolves(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    families = {False: socket.AF_INET, True: socket.AF_INET6}
    found = [(families[":" in one], 1, 6, "", (one, 0, 0, 0)) for one in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def test_of_a_name_only_the_public_addresses_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolves(monkeypatch, "10.0.0.1", "8.8.8.8", "8.8.8.8", "::1")
    assert EgressPolicy().check("mixed.example") == ["8.8.8.8"]
    _resolves(monkeypatch, "127.0.0.1", "::1")
    with pytest.raises(SourceFailure, match="innocent") as raised:
        EgressPolicy().check("innocent.example")
    assert raised.value.kind == "forbidden"


def test_a_listed_name_may_lead_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolves(monkeypatch, "192.168.1.9")
    assert EgressPolicy(["Camera.Lan"]).check("camera.lan.") == ["192.168.1.9"]
    with pytest.raises(SourceFailure):
        EgressPolicy(["camera.lan"]).check("camera.lan.evil.example")


@pytest.mark.parametrize("host", ["nothing.invalid", "a" * 300, "bad\0host", "..", "ü" * 70])
def test_what_is_no_host_is_unreachable(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    if host == "nothing.invalid":
        monkeypatch.setattr(socket, "getaddrinfo", nobody)
    with pytest.raises(SourceFailure) as raised:
        EgressPolicy().check(host)
    assert raised.value.kind == "unreachable"
    assert "\0" not in str(raised.value)
    assert len(str(raised.value)) < 120


def test_a_resolver_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def silent(*_: object, **__: object) -> list[object]:
        over.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    monkeypatch.setattr(egress_policy, "RESOLVE_TIMEOUT", 0.05)
    with pytest.raises(SourceFailure) as raised:
        EgressPolicy().check("camera.example")
    over.set()
    assert raised.value.kind == "unreachable"
