"""A file behind an http address, which FFmpeg reads and seeks in as in one of the disk."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import httpx2

from ingress.reader.failures import SourceFailure
from ingress.reader.http.stream import HttpStream

SHORT = 64 * 1024 * 1024
"""Bytes of a file that may be loaded again where a server knows no ranges."""

_NEAR = 256 * 1024
"""Bytes that are rather read than asked for anew."""

_AGAIN = (0.0, 1.0)
"""Seconds after which it is asked for where its connection broke."""

Get = Callable[[httpx2.URL, dict[str, str]], HttpStream]


def in_range(begin: int, end: int | None = None) -> dict[str, str]:
    """Headers that ask for these bytes only."""
    until = "" if end is None else end - 1
    return {"Range": f"bytes={begin}-{until}"} if begin or end is not None else {}


class HttpFile:
    """The bytes from `begin` to `end` of what stands behind an address, or all of it.

    get: asks for an address; first: its answer to `in_range(begin, end)`. A failure is not raised,
    for FFmpeg would not pass it on: it is given to `failed`, and the file is over.
    """

    def __init__(
        self,
        get: Get,
        url: httpx2.URL,
        first: HttpStream,
        failed: Callable[[SourceFailure], None],
        begin: int = 0,
        end: int | None = None,
    ) -> None:
        self._get, self._url, self._failed = get, url, failed
        self._begin, self._end = begin, end
        self._wanted = begin
        self._take(first)
        length = first.length
        if self._end is None and length is not None:
            self._end = self._at + length
        ranges = first.status == 206 or first.header("accept-ranges") == "bytes"
        self._seekable = length is not None and (ranges or length <= SHORT)

    def read(self, size: int) -> bytes:
        """At most `size` bytes, as soon as there are some; b"" when it is over."""
        for wait in (*_AGAIN, None):
            try:
                return self._next(size)
            except SourceFailure as failure:
                if wait is None or not self._seekable:
                    self._failed(failure)
                    self._end = self._wanted
                    break
                time.sleep(wait)
        return b""

    def seekable(self) -> bool:
        """Whether `seek` may be called."""
        return self._seekable

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of files. Nothing is asked for before it is read."""
        base = (self._begin, self._wanted, self._end or 0)[whence]
        self._wanted = base + offset
        return self.tell()

    def tell(self) -> int:
        """As of files."""
        return self._wanted - self._begin

    def close(self) -> None:
        """Idempotent."""
        self._stream.drain(0)

    def _next(self, size: int) -> bytes:
        if self._end is not None:
            size = min(size, self._end - self._wanted)
        if size <= 0:
            return b""
        if self._stream.closed or not 0 <= self._wanted - self._at <= self._near:
            self._stream.close()
            self._take(self._get(self._url, in_range(self._wanted, None)))
        while (skip := self._wanted - self._at) > 0 and (data := self._stream.read(skip)):
            self._at += len(data)
        data = self._stream.read(size)
        self._at += len(data)
        self._wanted = self._at
        return data

    def _take(self, answer: HttpStream) -> None:
        """Raises SourceFailure where that is another part."""
        said = re.match(r"bytes (\d+)-", answer.header("content-range") or "")
        self._at = int(said[1]) if said and answer.status == 206 else 0
        self._near = _NEAR if answer.status == 206 else SHORT
        self._stream = answer
        if answer.status == 416 or not 0 <= self._wanted - self._at <= self._near:
            answer.close()
            raise SourceFailure("protocol", f"{answer.name} does not send the part that is wanted")
