"""Fetches a file over HTTP and goes on where it was broken off, also in an earlier run."""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

PIECE = 1 << 18
"""Bytes that are read and written at a time."""
TIMEOUT = 30.0
"""Seconds without a byte after which a connection counts as broken."""

_BROKEN = (
    urllib.error.URLError,
    http.client.HTTPException,
    ConnectionError,
    TimeoutError,
    ssl.SSLError,
)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """The token goes along to the same host, and never to another one."""

    def redirect_request(  # the base class's signature
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        further = super().redirect_request(req, fp, code, msg, headers, newurl)
        given = req.unredirected_hdrs.get("Authorization")
        if further and given and urlsplit(newurl)[:2] == urlsplit(req.full_url)[:2]:
            further.add_unredirected_header("Authorization", given)
        return further


_OPENER = urllib.request.build_opener(_Redirects)


class TransferError(Exception):
    """A file that did not come whole; what came of it is kept.

    Attributes:
        status: HTTP status of a refusal; 0 when the connection broke or there was none.
        code: The hub's own word for a refusal, where it has one.
    """

    def __init__(self, status: int = 0, code: str = "") -> None:
        super().__init__(f"status {status}" if status else "connection broken")
        self.status = status
        self.code = code


def fetch(url: str, token: str | None, path: Path, size: int) -> None:
    """Appends to ``path`` what it lacks of ``size`` bytes.

    Args:
        url: Where the file is.
        token: Given to that host, and not to one that it redirects to; None for none.
        path: Where the file goes; what is there is taken for its beginning.
        size: Of the whole file.

    Raises:
        TransferError: It is not whole.
        OSError: It cannot be written.
    """
    start = path.stat().st_size if path.exists() else 0
    if start > size:
        path.unlink()
        start = 0
    if start == size:
        path.touch()
        return
    with _asked(url, token, start) as answer:
        _write(answer, path)
    if path.stat().st_size != size:
        raise TransferError


def fetch_json(url: str, token: str | None) -> Any:
    """A JSON document. Raises TransferError, and ValueError when it is none."""
    with _asked(url, token, 0) as answer:
        return json.loads(answer.read())


@contextmanager
def _asked(url: str, token: str | None, start: int) -> Iterator[http.client.HTTPResponse]:
    """The open answer to a request. Raises TransferError, also for what happens in the block."""
    try:
        request = _request(url, token, start)
        with _OPENER.open(request, timeout=TIMEOUT) as answer:
            yield answer
    except urllib.error.HTTPError as error:
        error.close()
        raise TransferError(error.code, error.headers.get("X-Error-Code", "")) from None
    except _BROKEN:
        raise TransferError from None


def _write(answer: http.client.HTTPResponse, path: Path) -> None:
    """A server that does not know ranges sends everything."""
    with path.open("ab" if answer.status == 206 else "wb") as file:
        while piece := answer.read(PIECE):
            file.write(piece)


def _request(url: str, token: str | None, start: int) -> urllib.request.Request:
    if not url.startswith(("https://", "http://")):
        raise TransferError
    request = urllib.request.Request(url, headers={"User-Agent": "pressbox"})  # noqa: S310
    if start:
        request.add_header("Range", f"bytes={start}-")
    if token:
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    return request
