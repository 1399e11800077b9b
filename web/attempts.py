"""Counts wrong tokens, so that nobody can try one after the other. Pure: times are handed in."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict, deque

LIMIT, SPAN = 5, 60.0
"""Wrong attempts from one address, in so many seconds."""

_ADDRESSES = 4096


class Attempts:
    """Wrong attempts by address; an IPv6 network of a customer (/64) counts as one."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, address: str, now: float) -> float:
        """Seconds that this address must wait; 0 while it may try."""
        times = self._recent(_network(address), now)
        return times[0] + SPAN - now if len(times) >= LIMIT else 0.0

    def wrong(self, address: str, now: float) -> None:
        """One more attempt with a wrong token."""
        network = _network(address)
        times = self._recent(network, now)
        times.append(now)
        self._wrong[network] = times
        self._wrong.move_to_end(network)
        while len(self._wrong) > _ADDRESSES:
            self._wrong.popitem(last=False)

    def _recent(self, network: str, now: float) -> deque[float]:
        times = self._wrong.get(network) or deque(maxlen=LIMIT)
        while times and times[0] <= now - SPAN:
            times.popleft()
        return times


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)
