"""GET over HTTP/1.1 with connections kept alive, every host checked, and logins answered."""

from __future__ import annotations

import logging
import ssl
import time
from types import TracebackType

import httpcore2

from config.source_address import SourceAddress
from ingress.reader.connecting import CONNECT_TIMEOUT
from ingress.reader.failures import SourceFailure
from ingress.reader.http.connections import READ_TIMEOUT, Backend
from ingress.reader.http.login import Login
from ingress.reader.http.stream import HttpStream
from ingress.reader.http.target import Target, target
from ingress.reader.reach import Reach, shown

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_HEAD_TIMEOUT = 10.0
_COOKIES = 50
_KEPT = 4
_STALE = _KEPT + 1
"""Each connection that was kept may have been closed meanwhile."""

# Its records hold addresses, with all that is secret in them.
logging.getLogger("httpcore2").setLevel(logging.CRITICAL)
logging.getLogger("httpx2").setLevel(logging.CRITICAL)


class HttpClient:
    """Fetches addresses one after the other or at the same time, from one source.

    url: the first address, with user name and password where it has them; these go to its host
    only. guard: what may be reached, None for anything. timeout: seconds that any single wait for
    data may take. Certificates are verified on public addresses only (see `connections.Backend`).
    """

    def __init__(
        self,
        url: str | SourceAddress,
        *,
        guard: Reach | None = None,
        timeout: float = READ_TIMEOUT,
    ) -> None:
        self.first = target(url.url if isinstance(url, SourceAddress) else url)
        self._backend = Backend(guard, timeout)
        self._cookies: dict[str, dict[str, str]] = {}
        self._login = (
            Login(self.first.user, self.first.password)
            if self.first.user or self.first.password
            else None
        )
        self._pool = httpcore2.ConnectionPool(
            ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # unused: the backend has its own
            max_connections=16,
            max_keepalive_connections=_KEPT,
            keepalive_expiry=20.0,
            network_backend=self._backend,
        )

    def __repr__(self) -> str:
        return f"<HttpClient {self.first}>"

    def get(self, place: Target | None = None, headers: dict[str, str] | None = None) -> HttpStream:
        """The answer to a GET, redirects followed. Raises SourceFailure for all that is not 2xx
        (or 304 or 416, where the headers ask for such).
        """
        current = place if place is not None else self.first
        extra = headers or {}
        for _ in range(_MOST_REDIRECTS + 1):
            stream = self._answered(current, extra)
            if stream.status not in _REDIRECTS:
                return self._checked(stream, extra)
            location = stream.header("location")
            stream.drain()
            if not location:
                raise SourceFailure("protocol", f"{_said(current)} redirects to nowhere")
            current = current.joined(location)
        raise SourceFailure("protocol", f"{_said(current)} redirects in a circle")

    def close(self) -> None:
        """Closes all connections. Idempotent."""
        self._pool.close()

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _answered(self, place: Target, extra: dict[str, str]) -> HttpStream:
        """The answer after as many logins as make sense."""
        login = self._login if self.first.trusts(place) else None
        for _ in range(3):
            stream = self._once(place, extra, login)
            if stream.status != 401:
                return stream
            offered = stream.header_list("www-authenticate")
            stream.drain()
            if login is None:
                raise SourceFailure("auth", f"{_said(place)} wants a user name and a password")
            if not login.accept(offered):
                break
        raise SourceFailure("auth", f"{_said(place)} refuses this user name or password")

    def _once(self, place: Target, extra: dict[str, str], login: Login | None) -> HttpStream:
        said = login.header("GET", place.path) if login is not None else None
        headers = {
            "Host": place.place,
            "User-Agent": "Pressbox",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            **extra,
        }
        if said is not None:
            headers["Authorization"] = said
        if cookies := self._cookies.get(place.host):
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        for _ in range(_STALE):
            try:
                return self._sent(place, headers)
            except _StaleConnectionError:
                continue
        raise SourceFailure("no_answer", f"{_said(place)} closes every connection")

    def _sent(self, place: Target, headers: dict[str, str]) -> HttpStream:
        request = httpcore2.Request(
            "GET",
            httpcore2.URL(scheme=place.scheme, host=place.host, port=place.port, target=place.path),
            headers=list(headers.items()),
            extensions={"timeout": {"connect": CONNECT_TIMEOUT, "pool": CONNECT_TIMEOUT}},
        )
        self._backend.deadline = time.monotonic() + CONNECT_TIMEOUT + _HEAD_TIMEOUT
        made = self._backend.made
        try:
            response = self._pool.handle_request(request)
        except SourceFailure as failure:
            if self._backend.made == made and failure.kind == "ended":
                raise _StaleConnectionError from None
            raise
        except (httpcore2.RemoteProtocolError, httpcore2.WriteError):
            if self._backend.made == made:
                raise _StaleConnectionError from None
            raise SourceFailure(
                "protocol", f"what {_said(place)} answers is no HTTP, or nothing"
            ) from None
        except httpcore2.LocalProtocolError:
            raise SourceFailure("protocol", "this address cannot stand in a request") from None
        except (httpcore2.TimeoutException, httpcore2.NetworkError):
            raise SourceFailure("no_answer", f"{_said(place)} does not answer") from None
        finally:
            self._backend.deadline = None
        stream = HttpStream(place, response)
        for cookie in stream.header_list("set-cookie"):
            name, equals, value = cookie.partition(";")[0].strip().partition("=")
            kept = self._cookies.setdefault(place.host, {})
            if equals and (name in kept or len(kept) < _COOKIES):
                kept[name] = value
        return stream

    def _checked(self, stream: HttpStream, extra: dict[str, str]) -> HttpStream:
        status = stream.status
        if 200 <= status < 300 or (status in (304, 416) and extra):
            return stream
        stream.drain()
        said = _said(stream.target)
        if status == 403:
            raise SourceFailure("auth", f"{said} refuses: no right to this, or a wrong login")
        if status in (404, 410):
            raise SourceFailure("not_found", f"{said} has nothing at this path")
        raise SourceFailure("protocol", f"{said} answers with status {status}")


class _StaleConnectionError(Exception):
    """A connection that was kept has been closed by the server meanwhile."""


def open_http(
    url: str | SourceAddress, *, guard: Reach | None, timeout: float = READ_TIMEOUT
) -> HttpStream:
    """The answer to a GET of this address, as a stream with a client of its own, which is closed
    with it. Raises SourceFailure.
    """
    client = HttpClient(url, guard=guard, timeout=timeout)
    try:
        stream = client.get()
    except BaseException:
        client.close()
        raise
    stream.on_close = client.close
    return stream


def _said(place: Target) -> str:
    return shown(place.host)
