"""Ports that are in use are named before anything starts."""

from __future__ import annotations

import socket

import pytest

from launcher.errors import LaunchError
from launcher.ports import Port, check


def bound(kind: socket.SocketKind) -> socket.socket:
    taken = socket.socket(socket.AF_INET, kind)
    taken.bind(("127.0.0.1", 0))
    if kind == socket.SOCK_STREAM:
        taken.listen()
    return taken


def test_a_tcp_port_in_use() -> None:
    with bound(socket.SOCK_STREAM) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(LaunchError) as caught:
            check([Port(number, "WEB_PORT", "the page")])
    said = str(caught.value)
    assert said.startswith(f"port {number} (the page) is in use: ")
    assert "WEB_PORT=" in said
    assert "\n" not in said


def test_a_udp_port_in_use() -> None:
    with bound(socket.SOCK_DGRAM) as taken:
        number = taken.getsockname()[1]
        check([Port(number, "WEB_PORT", "the page")])
        with pytest.raises(LaunchError, match=rf"port {number}/udp \(media\) is in use"):
            check([Port(number, "LIVEKIT_UDP_PORT", "media", udp=True)])


def test_one_number_for_two_uses() -> None:
    with bound(socket.SOCK_STREAM) as taken:
        number = taken.getsockname()[1]
    udp = Port(number, "LIVEKIT_UDP_PORT", "c", udp=True)
    with pytest.raises(LaunchError, match=f"ENGINE_PORT and WEB_PORT are both {number}"):
        check([Port(number, "WEB_PORT", "a"), udp, Port(number, "ENGINE_PORT", "b")])
