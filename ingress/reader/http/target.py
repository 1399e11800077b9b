"""An http address in its parts, as a request needs them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urljoin, urlsplit

from ingress.reader.failures import SourceFailure

_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_KEPT = "%/:=&?~#+!$,;'@()*[]|"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. `str()` and `repr()` show scheme and host only.

    host without brackets; path with the query, escaped; url has no user name and no password.
    """

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return self.origin

    @property
    def place(self) -> str:
        """Host and, where it is not the usual one, port: the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.place}"

    @property
    def url(self) -> str:
        """The whole address without user name and password. Its query may hold secrets."""
        return self.origin + self.path

    def trusts(self, other: Target) -> bool:
        """Whether what was meant for this host may be sent to the other one."""
        same_port = self.port == other.port and self.scheme == other.scheme
        return self.host == other.host and (same_port or other.scheme == "https")

    def joined(self, reference: str) -> Target:
        """What an address in an answer of this host means. Raises SourceFailure."""
        try:
            return target(urljoin(self.url, reference.strip()))
        except ValueError:
            raise _garbage() from None


def target(url: str) -> Target:
    """The parts of an http or https address. Raises SourceFailure: forbidden for any other
    scheme, protocol for what is no address.
    """
    try:
        parts = urlsplit(url)
        scheme = parts.scheme.lower()
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _garbage() from None
    if scheme not in _PORTS:
        raise SourceFailure("forbidden", "it leads to an address that is neither http nor https")
    if not host or not host.isprintable() or re.search(r"[\s/\\@]", host):
        raise _garbage()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            raise _garbage() from None
    path = quote(parts.path or "/", safe=_KEPT)
    if parts.query:
        path += "?" + quote(parts.query, safe=_KEPT)
    return Target(
        scheme,
        host,
        port if port is not None else _PORTS[scheme],
        path,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


def is_elsewhere(reference: str) -> bool:
    """Whether a reference names a scheme of its own that is neither http nor https."""
    found = _SCHEME.match(reference.strip())
    return found is not None and found[0].lower() not in ("http:", "https:")


def _garbage() -> SourceFailure:
    return SourceFailure("protocol", "it leads to something that is no address")
