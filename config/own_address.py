"""How this machine is reached: by itself, and by others."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path

import psutil

_IPV6 = Path("/proc/net/if_inet6")
_TEMPORARY = 0x01


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
        except OSError:  # no way out: a network of its own, or none
            return next(iter(own_addresses()), "127.0.0.1")


def own_addresses() -> list[str]:
    """All by which others may reach this machine, IPv4 first; neither those that hold on one cable
    only (fe80::) nor IPv6's temporary ones, which change every day.
    """
    families = (socket.AF_INET, socket.AF_INET6)
    listed = [one for each in psutil.net_if_addrs().values() for one in each]
    found = {parsed(one.address) for one in listed if one.family in families}
    good = [one for one in found if one and not one.is_loopback and not one.is_link_local]
    return sorted({*map(str, good)} - _temporary(), key=lambda one: (":" in one, one))


def own_names() -> list[str]:
    """By which others may know this machine; the second is mDNS's."""
    name = socket.gethostname().lower()
    return list(dict.fromkeys([name, f"{name.partition('.')[0]}.local"]))


def _temporary() -> set[str]:
    try:
        lines = [line.split() for line in _IPV6.read_text(encoding="ascii").splitlines()]
    except OSError:
        return set()
    return {
        str(ipaddress.IPv6Address(int(one[0], 16))) for one in lines if int(one[4], 16) & _TEMPORARY
    }


def reachable(host: str) -> str:
    """The host in an address for others, where a server listens on `host`."""
    host = own_address() if host in ("0.0.0.0", "::") else host
    return f"[{host}]" if ":" in host else host
