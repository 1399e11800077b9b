"""Port numbers that nobody uses at the moment."""

from __future__ import annotations

import socket


def free_ports(count: int) -> list[int]:
    """Numbers free for TCP and UDP; held together so that they differ."""
    held: list[socket.socket] = []
    while len(held) < 2 * count:
        stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        stream.bind(("127.0.0.1", 0))
        datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            datagram.bind(("127.0.0.1", stream.getsockname()[1]))
        except OSError:
            stream.close()
            datagram.close()
            continue
        held += [stream, datagram]
    numbers = [entry.getsockname()[1] for entry in held[::2]]
    for entry in held:
        entry.close()
    return numbers


def free_port() -> int:
    """One such number."""
    return free_ports(1)[0]
