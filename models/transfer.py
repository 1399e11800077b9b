"""Fetches a file over HTTP and goes on where it was broken off, also in an earlier run.

`huggingface_hub` did so up to its version 1 and begins anew from version 2 on, so this is our own.
"""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from pathlib import Path

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


class TransferError(Exception):
    """A file that did not come whole; what came of it is kept.

    Attributes:
        status: HTTP status of a refusal; 0 when the connection broke or there was none.
    """

    def __init__(self, status: int = 0) -> None:
        super().__init__(f"status {status}" if status else "connection broken")
        self.status = status


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
    try:
        request = _request(url, token, start)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            _write(answer, path)
    except urllib.error.HTTPError as error:
        error.close()
        raise TransferError(error.code) from None
    except _BROKEN:
        raise TransferError from None
    if path.stat().st_size != size:
        raise TransferError


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
        # Large files are redirected to another host, with a signed address.
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    return request
