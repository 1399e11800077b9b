"""How much one address may ask for, and how long it may take to say it."""

from __future__ import annotations

import asyncio
import ipaddress
import math
import time
from collections import Counter, OrderedDict

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from config.own_address import is_loopback, parsed

HEADER_LIMIT = 20.0
"""Seconds until a connection without a whole request is closed (aiohttp's keepalive_timeout)."""
BODY_LIMIT = 10.0
"""Seconds in which a body must have come."""
BODY_SIZE = 128 * 1024
"""Bytes of a body, unpacked."""

RATE, BURST = 20.0, 200.0
"""Requests a second, and how many may come at once after a pause."""
CHANGE_COST = 10.0
"""What sends a body counts as so many requests."""
AT_ONCE = 100
"""Requests of one address that may be open at once."""

_ADDRESSES = 4096


class Buckets:
    """A bucket of BURST requests for each network, filled at RATE. Times are handed in, seconds."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, network: str, cost: float, now: float) -> float:
        """Takes from the bucket; returns the seconds to wait where it does not hold so much."""
        left, at = self._left.get(network, (BURST, now))
        left = min(BURST, left + (now - at) * RATE)
        wait = max(0.0, (cost - left) / RATE)
        self._left[network] = (left if wait else left - cost), now
        self._left.move_to_end(network)
        if len(self._left) > _ADDRESSES:
            self._left.popitem(last=False)
        return wait


class Limits:
    """Counts strangers; programs of this machine are not held up."""

    def __init__(self) -> None:
        self._buckets = Buckets()
        self._open: Counter[str] = Counter()

    @property
    def middleware(self) -> Middleware:
        """Refuses with 429, 413 and 408; reads the body before the handler does."""

        @web.middleware
        async def limit(request: web.Request, handler: Handler) -> web.StreamResponse:
            network = _network(request.remote or "")
            if is_loopback(request.remote or ""):
                return await _in_time(request, handler)
            cost = CHANGE_COST if request.body_exists else 1.0
            wait = self._buckets.take(network, cost, time.monotonic())
            if wait or self._open[network] >= AT_ONCE:
                raise web.HTTPTooManyRequests(
                    text="too many requests from your address",
                    headers={"Retry-After": str(max(1, math.ceil(wait)))},
                )
            self._open[network] += 1
            try:
                return await _in_time(request, handler)
            finally:
                self._open[network] -= 1
                if not self._open[network]:
                    del self._open[network]

        return limit


async def _in_time(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.body_exists:
        try:
            async with asyncio.timeout(BODY_LIMIT):
                await request.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="the body did not come in time") from None
    return await handler(request)


def _network(address: str) -> str:
    """An IPv6 network of a customer (/64) counts as one."""
    found = parsed(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found or address)
