"""Whether the ports that the children want are free."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from launcher.errors import LaunchError


@dataclass(frozen=True, slots=True)
class Port:
    """A port that a child is going to listen on, and the setting that moves it."""

    number: int
    setting: str
    used_for: str
    host: str = "127.0.0.1"
    udp: bool = False


def check(ports: Iterable[Port]) -> None:
    """Raises LaunchError that names the first port that cannot be had, and why."""
    seen: dict[tuple[int, bool], Port] = {}
    for port in ports:
        other = seen.setdefault((port.number, port.udp), port)
        if other is not port:
            raise LaunchError(
                f"{port.setting} and {other.setting} are both {port.number}: choose two ports"
            )
        _try(port)


def _try(port: Port) -> None:
    kind = socket.SOCK_DGRAM if port.udp else socket.SOCK_STREAM
    try:
        family, _, _, _, address = socket.getaddrinfo(port.host, port.number, type=kind)[0]
    except OSError:
        raise LaunchError(f"{port.host} is no address of this machine: see WEB_HOST") from None
    with socket.socket(family, kind) as probe:
        if not port.udp:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise LaunchError(_said(port, error)) from None


def _said(port: Port, error: OSError) -> str:
    what = f"port {port.number}{'/udp' if port.udp else ''} ({port.used_for})"
    if error.errno == errno.EADDRINUSE:
        show = f"ss -lnp{'u' if port.udp else 't'} 'sport = :{port.number}'"
        return (
            f"{what} is in use: end what uses it ({show} shows it) "
            f"or choose another with {port.setting}=…"
        )
    return f"{what} cannot be used on {port.host}: {error.strerror}; see {port.setting}"
