"""Ports for tests."""

from __future__ import annotations

import socket

import pytest

from tests.support import ports


class Script:
    """Draws these numbers."""

    def __init__(self, *numbers: int) -> None:
        self._numbers = list(numbers)

    def randrange(self, _low: int, _high: int) -> int:
        return self._numbers.pop(0)


def test_they_differ_are_free_and_lie_below_what_connections_take() -> None:
    numbers = ports.free_ports(50)
    assert len(set(numbers)) == 50
    assert max(numbers) < 32_768
    for number in numbers:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", number))


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_one_in_use_is_not_given(monkeypatch: pytest.MonkeyPatch, kind: socket.SocketKind) -> None:
    used, free = ports.free_ports(2)
    monkeypatch.setattr(ports, "_given", set())
    monkeypatch.setattr(ports, "_random", Script(used, free))
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", used))
        assert ports.free_port() == free


def test_none_is_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = ports.free_ports(2)
    monkeypatch.setattr(ports, "_given", set())
    monkeypatch.setattr(ports, "_random", Script(first, first, second))
    assert ports.free_ports(2) == [first, second]
