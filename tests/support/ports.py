"""Port numbers that nobody uses at the moment.

They lie below the range from which Linux takes ports for outgoing connections (32768 to 60999,
net.ipv4.ip_local_port_range): from that range any connection on the machine may take one between
the moment it is found free and the moment a server listens on it.
"""

from __future__ import annotations

import random
import socket

_LOWEST, _HIGHEST = 10_000, 32_000
_given: set[int] = set()
_random = random.Random()


def free_ports(count: int) -> list[int]:
    """Numbers free for TCP and UDP, none of them given before by this process."""
    found: list[int] = []
    while len(found) < count:
        number = _random.randrange(_LOWEST, _HIGHEST)
        if number not in _given and _is_free(number):
            _given.add(number)
            found.append(number)
    return found


def free_port() -> int:
    """One such number."""
    return free_ports(1)[0]


def free_twins() -> int:
    """The first, even one of two neighbours, as RTP and RTCP want them."""
    while True:
        number = free_port()
        if number % 2 == 0 and number + 1 not in _given and _is_free(number + 1):
            _given.add(number + 1)
            return number


def push_ports() -> dict[str, str]:
    """Settings of an ingress service whose mediamtx has ports of its own."""
    names = ("RTMP", "RTSP", "SRT", "WHIP", "WHIP_UDP")
    ports = free_ports(len(names))
    return {
        f"PRESSBOX_PUSH_{name}_PORT": str(port) for name, port in zip(names, ports, strict=True)
    }


def _is_free(number: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("0.0.0.0", number))
            except OSError:
                return False
    return True
