"""GET over HTTP/1.1: every host checked, logins answered, redirects followed."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import httpx2

from config.source_address import SourceAddress
from ingress.reader.egress_policy import EgressPolicy, shown
from ingress.reader.failures import SourceFailure
from ingress.reader.http.connections import READ_TIMEOUT, Transport
from ingress.reader.http.login import Login
from ingress.reader.http.stream import HttpStream

_MOST_REDIRECTS = 5
_COOKIES = 50
_SAID = {"User-Agent": "Pressbox", "Accept": "*/*", "Accept-Encoding": "identity"}

# Their records hold addresses, with all that is secret in them.
logging.getLogger("httpcore2").setLevel(logging.CRITICAL)
logging.getLogger("httpx2").setLevel(logging.CRITICAL)


class StatusFailure(SourceFailure):
    """The server has answered, with this status; retry_after: seconds, 0 where it says nothing."""

    status: int = 0
    retry_after: float = 0.0


class HttpClient:
    """Fetches addresses one after the other or at the same time, from one source.

    url: the first address, with user name and password where it has them; these and `headers` go
    to its host only. policy: what may be reached, None for anything. timeout: seconds that any
    single wait for data may take. Certificates are verified on public addresses only.
    """

    def __init__(
        self,
        url: str | SourceAddress,
        *,
        policy: EgressPolicy | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = READ_TIMEOUT,
    ) -> None:
        first = checked(url.url if isinstance(url, SourceAddress) else url)
        self.first = first.copy_with(userinfo=b"")
        has_login = first.username or first.password
        self._login = Login(first.username, first.password) if has_login else None
        self._headers = dict(headers or {})
        self._client = httpx2.Client(
            transport=Transport(policy, timeout), headers=_SAID, trust_env=False
        )

    def get(
        self, url: httpx2.URL | None = None, headers: Mapping[str, str] | None = None
    ) -> HttpStream:
        """The answer to a GET, redirects followed. Raises SourceFailure, a StatusFailure for all
        that is not 2xx (or 304 or 416, where the headers ask for such).
        """
        current = url if url is not None else self.first
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._answered(current, headers or {})
            stream = HttpStream(response)
            if not response.has_redirect_location:
                return self._checked(stream, asked=bool(headers))
            stream.drain()
            if response.next_request is None:
                raise SourceFailure("protocol", f"{_name(current)} redirects to no address")
            current = checked(response.next_request.url)
        raise SourceFailure("protocol", f"{_name(current)} redirects in a circle")

    def close(self) -> None:
        """Closes all connections. Idempotent."""
        self._client.close()

    def _answered(self, url: httpx2.URL, extra: Mapping[str, str]) -> httpx2.Response:
        """The answer after as many logins as make sense."""
        at_home = _may_have(self.first, url)
        own = self._headers if at_home else {}
        request = self._client.build_request("GET", url, headers={**own, **extra})
        login, answered = self._login if at_home else None, list[str]()
        if login is not None:
            login.sign(request)
        while True:
            response = self._client.send(request, auth=None, stream=True)
            if len(self._client.cookies.jar) > _COOKIES:
                self._client.cookies.clear()
            if response.status_code != 401:
                return response
            HttpStream(response).drain()
            if login is None:
                raise SourceFailure("auth", f"{_name(url)} wants a user name and a password")
            offered = response.headers.get_list("www-authenticate")
            if not login.answer(request, offered, answered):
                raise SourceFailure("auth", f"{_name(url)} refuses this user name or password")
            self._client.cookies.set_cookie_header(request)

    def _checked(self, stream: HttpStream, *, asked: bool) -> HttpStream:
        status, name = stream.status, _name(stream.url)
        if 200 <= status < 300 or (status in (304, 416) and asked):
            return stream
        stream.drain()
        if status == 403:
            said = "403 Forbidden: no right to this"
            if not self._headers:
                said += ", or it wants a header such as Referer or User-Agent (headers:)"
            over = StatusFailure("auth", f"{name} says {said}")
        elif status in (404, 410):
            over = StatusFailure("not_found", f"{name} has nothing at this path")
        else:
            over = StatusFailure("protocol", f"{name} answers with status {status}")
        said = stream.header("retry-after") or ""
        over.status = status
        over.retry_after = float(said) if said.isascii() and said.isdigit() else 0.0
        raise over


def checked(url: str | httpx2.URL, base: httpx2.URL | None = None) -> httpx2.URL:
    """An address that may be asked, as seen from base. Raises SourceFailure."""
    try:
        made = httpx2.URL(url) if base is None else base.join(url)
    except httpx2.InvalidURL:
        raise SourceFailure("protocol", "it leads to something that is no address") from None
    if made.scheme not in ("http", "https"):
        raise SourceFailure("forbidden", "it leads to an address that is neither http nor https")
    if not made.host or not 0 < _port(made) < 65536:
        raise SourceFailure("protocol", "it leads to something that is no address")
    return made


def _may_have(home: httpx2.URL, other: httpx2.URL) -> bool:
    """Whether what is secret at home may be sent to the other one."""
    same_port = (home.scheme, _port(home)) == (other.scheme, _port(other))
    return home.host == other.host and (same_port or other.scheme == "https")


def _port(url: httpx2.URL) -> int:
    return url.port if url.port is not None else {"http": 80, "https": 443}[url.scheme]


def _name(url: httpx2.URL) -> str:
    return shown(url.host)
