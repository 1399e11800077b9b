"""Which addresses may be reached. What comes from the page may not look into private networks."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterable

from ingress.reader.failures import SourceFailure

RESOLVE_TIMEOUT = 5.0
"""Seconds."""

_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LISTED_NOWHERE = tuple(
    ipaddress.ip_network(one)
    for one in (
        "168.63.129.16/32",  # a cloud's metadata on an address that looks public
        "192.0.0.0/24",  # and another one's
        "192.88.99.0/24",
        "224.0.0.0/4",  # multicast
        "2001::/23",  # Teredo and other special uses
        "3fff::/20",  # documentation
    )
)
"""Not public, although `ipaddress` has them as global, or had in some versions of it."""
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")
"""The only IPv6 addresses that are given out; everything else is local, mapped or reserved."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class EgressPolicy:
    """What a guarded source may reach: public addresses, and what the operator has listed.

    networks: CIDR, single addresses or host names. A listed name may resolve to anything.
    """

    def __init__(self, networks: Iterable[str] = ()) -> None:
        listed: list[_Network] = []
        names: set[str] = set()
        for one in networks:
            try:
                listed.append(ipaddress.ip_network(one.strip().strip("[]"), strict=False))
            except ValueError:
                names.add(_name(one))
        self._listed = tuple(listed)
        self._names = frozenset(names)

    def check(self, host: str) -> list[str]:
        """The addresses to connect to, resolved once: connect to these and not to the name.

        Raises SourceFailure: forbidden, or unreachable where nothing has this name.
        """
        found = resolve(host)
        if _name(host) in self._names:
            return found
        allowed = [one for one in found if self.allows(one)]
        if not allowed:
            raise SourceFailure(
                "forbidden",
                f"{shown(host)} is in a private network: the operator may list it in "
                "SOURCE_NETWORKS",
            )
        return allowed

    def allows(self, address: str) -> bool:
        """Whether this address (not a name) may be reached."""
        outer = ipaddress.ip_address(address)
        inner = _inner(outer)
        listed = any(_in_any(one, self._listed) for one in (outer, inner) if one is not None)
        return listed or is_public(outer)


def resolve(host: str) -> list[str]:
    """Addresses of a host in the resolver's order, without repeats. Raises SourceFailure; waits for
    RESOLVE_TIMEOUT at most.
    """
    found: list[list[str]] = []
    # The resolver has no time-out that could be set: its thread is left alone then.
    thread = threading.Thread(target=_look_up, args=(host, found), name="resolver", daemon=True)
    thread.start()
    thread.join(RESOLVE_TIMEOUT)
    if not found:
        raise SourceFailure("unreachable", f"nobody says where {shown(host)} is")
    if not found[0]:
        raise SourceFailure("unreachable", f"no host is called {shown(host)}")
    return list(dict.fromkeys(found[0]))


def _look_up(host: str, found: list[list[str]]) -> None:
    try:
        places = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError):
        places = []
    families = (socket.AF_INET, socket.AF_INET6)
    found.append([_with_zone(one[4]) for one in places if one[0] in families])


def is_public(address: str | _Ip) -> bool:
    """Whether anyone on the internet may have this address; also looks into forms that hold an
    IPv4 address.
    """
    outer = ipaddress.ip_address(address)
    one = _inner(outer) or outer
    given_out = one.is_global and not _in_any(one, _LISTED_NOWHERE)
    return given_out and (one.version == 4 or one in _GLOBAL_V6)


def shown(host: str) -> str:
    """A host as it may stand in one line, whoever has sent it."""
    text = "".join(one for one in host if one.isprintable())
    return text if len(text) <= 80 else text[:79] + "…"


def _in_any(address: _Ip, networks: Iterable[_Network]) -> bool:
    return any(address in one for one in networks if one.version == address.version)


def _inner(address: _Ip) -> ipaddress.IPv4Address | None:
    """The IPv4 address that is reached by way of this IPv6 address."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _with_zone(place: tuple[str | int, ...] | tuple[int, bytes]) -> str:
    """The address of a sockaddr; link-local ones keep the number of their interface."""
    address = str(place[0])
    zone = place[3] if len(place) > 3 else 0
    return f"{address}%{zone}" if zone and "%" not in address else address


def _name(host: str) -> str:
    return host.strip().strip("[]").rstrip(".").casefold()
