"""How this machine is reached: by itself, and by others."""

from __future__ import annotations

import ipaddress
import socket


def is_loopback(host: str) -> bool:
    """Whether the name or address means this machine and nothing else."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    found = parsed(host)
    return found is not None and found.is_loopback


def parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address, an IPv4 one in its own form also where it comes as IPv6; None for a name."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def own_address() -> str:
    """The address by which this machine reaches others; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def reachable(host: str) -> str:
    """The host in an address for others, where a server listens on `host`."""
    host = own_address() if host in ("0.0.0.0", "::") else host
    return f"[{host}]" if ":" in host else host
