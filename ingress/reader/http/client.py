"""A client of HTTP/1.1 that asks: every host checked, logins answered, redirects followed."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping

import httpx2

from ingress.reader.connection import CONNECT_TIMEOUT
from ingress.reader.egress_policy import EgressPolicy
from ingress.reader.failures import SourceFailure
from ingress.reader.http.stream import HttpStream, number, place, translated
from ingress.reader.http.transport import Transport
from ingress.reader.login import Login

READ_TIMEOUT = 10.0
"""Seconds that any single wait for data may take."""

_MOST_REDIRECTS = 5
_COOKIES = 50
_SAID = {"User-Agent": "Pressbox", "Accept": "*/*", "Accept-Encoding": "identity"}

# Their records hold addresses, with all that is secret in them.
logging.getLogger("httpcore2").setLevel(logging.CRITICAL)
logging.getLogger("httpx2").setLevel(logging.CRITICAL)


class HttpClient:
    """Fetches addresses one after the other or at the same time, from one source.

    url: the first address, with user name and password where it has them; these and `headers` go
    to its host only. policy: what may be reached, None for anything. Certificates are verified on
    public addresses only.
    """

    def __init__(
        self,
        url: str,
        *,
        policy: EgressPolicy | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        first = checked(url)
        self.first = first.copy_with(userinfo=b"")
        self._login = Login(first.username, first.password, place(self.first))
        self._headers = dict(headers or {})
        self._client = httpx2.Client(
            transport=Transport(policy),
            headers=_SAID,
            timeout=httpx2.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT),
            trust_env=False,
        )

    def get(
        self, url: httpx2.URL | None = None, headers: Mapping[str, str] | None = None
    ) -> HttpStream:
        """The answer to a GET of this or of the first address, redirects followed. Raises
        SourceFailure, also for all that is not 2xx (or 304 or 416, where the headers ask for such).
        """
        url = url or self.first
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._answered(url, headers or {})
            stream = HttpStream(response)
            if not response.has_redirect_location:
                return self._checked(stream, asked=bool(headers))
            stream.drain()
            if response.next_request is None:
                raise SourceFailure("protocol", f"{stream.name} redirects to no address")
            url = checked(response.next_request.url)
        raise SourceFailure("protocol", f"{place(url)} redirects in a circle")

    def close(self) -> None:
        """Closes all connections. Idempotent."""
        self._client.close()

    def _answered(self, url: httpx2.URL, extra: Mapping[str, str]) -> httpx2.Response:
        """The answer after as many logins as make sense."""
        at_home = _may_have(self.first, url)
        own = self._headers if at_home else {}
        login = self._login if at_home else Login("", "", place(url))
        request = self._client.build_request("GET", url, headers={**own, **extra})
        for again in itertools.count():
            if signed := login.answer("GET", url.raw_path.decode("ascii")):
                request.headers["Authorization"] = signed
            with translated(place(url)):
                response = self._client.send(request, auth=None, stream=True)
            if len(self._client.cookies.jar) > _COOKIES:
                self._client.cookies.clear()
            if response.status_code != 401:
                break
            HttpStream(response).drain()
            login.learn(response.headers.get_list("www-authenticate"), again=again > 0)
            self._client.cookies.set_cookie_header(request)
        return response

    def _checked(self, stream: HttpStream, *, asked: bool) -> HttpStream:
        status, name = stream.status, stream.name
        if 200 <= status < 300 or (status in (304, 416) and asked):
            return stream
        stream.drain()
        if status == 403:
            said = "403 Forbidden: no right to this"
            if not self._headers:
                said += ", or it wants a header such as Referer or User-Agent (headers:)"
            over = SourceFailure("auth", f"{name} says {said}")
        elif status in (404, 410):
            over = SourceFailure("not_found", f"{name} has nothing at this path")
        else:
            over = SourceFailure("protocol", f"{name} answers with status {status}")
        over.retry_after = number(stream.header("retry-after")) or 0
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
