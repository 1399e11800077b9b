"""Under which names the server answers, and how a browser behind a proxy sees it."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from aiohttp import web

from config.own_address import is_loopback, own_names, parsed
from config.page_address import is_open
from config.settings import Settings

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")


def is_forwarded(request: web.BaseRequest) -> bool:
    """Whether some proxy says that it hands the request on."""
    return any(name in request.headers for name in _FORWARDED)


class Hosts:
    """The names that are ours. Without this check any web page could bind a name of its own to this
    machine's address, and be of the same origin as we are.
    """

    def __init__(self, settings: Settings) -> None:
        self._plain_is_near = settings.web_near or is_loopback(settings.web_host)
        self._open = is_open(settings)
        self._names = {*settings.web_names, *(own_names() if settings.lan else ())}
        if self._open:
            public = urlsplit(settings.livekit_public_url).hostname or ""
            self._names |= {settings.web_host.lower(), public} - {""}

    def allows(self, host: str) -> bool:
        """Whether this `Host` (with its port, perhaps) is one of ours."""
        name = host_name(host)
        if is_loopback(name) or name in self._names:
            return True
        return self._open and parsed(name) is not None

    def is_private(self, request: web.BaseRequest) -> bool:
        """Whether it comes from this machine, as far as anybody can know: by the port that only
        its own programs reach, if no proxy helps others. That by https is for everybody.
        """
        secure = request.transport is None or request.transport.get_extra_info("sslcontext")
        near = self._plain_is_near and not secure and is_loopback(host_name(request.host))
        return near and not is_forwarded(request)


class Proxies:
    """The proxies whose word counts."""

    def __init__(self, networks: tuple[str, ...]) -> None:
        self._networks = [ipaddress.ip_network(one, strict=False) for one in networks]

    def as_sent(self, request: web.Request) -> web.Request:
        """The request as it left the browser: scheme, host and address, where one of our proxies
        names them.
        """
        if not self._are_of_ours(request.remote or ""):
            return request
        said = request.headers
        scheme = _first(said.get("X-Forwarded-Proto", "")).lower()
        host = _first(said.get("X-Forwarded-Host", ""))
        senders = [one.strip() for one in said.get("X-Forwarded-For", "").split(",")]
        strangers = [one for one in senders if one and not self._are_of_ours(one)]
        return request.clone(
            scheme=scheme if scheme in ("http", "https") else request.scheme,
            host=host or request.host,
            # The last one was added by our own proxy; those before it anybody can make up.
            remote=strangers[-1] if strangers else request.remote or "",
        )

    def _are_of_ours(self, text: str) -> bool:
        address = parsed(text)
        return address is not None and any(address in network for network in self._networks)


def _first(values: str) -> str:
    return values.partition(",")[0].strip()


def host_name(host: str) -> str:
    """Without port, brackets and a dot at its end, in lower case; "" where it is no host."""
    found = _HOST.fullmatch(host)
    return found[1].strip("[]").lower().removesuffix(".") if found else ""
