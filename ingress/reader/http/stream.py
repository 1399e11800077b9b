"""The body of one HTTP answer, as a file that is read forwards."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2

from ingress.reader.egress_policy import shown
from ingress.reader.failures import SourceFailure

_DRAINED = 64 * 1024


class HttpStream:
    """The body of one answer, read forwards.

    url: where it came from in the end; status; content_type: small letters without parameters.
    """

    def __init__(self, response: httpx2.Response) -> None:
        self.url = response.request.url
        self.status = response.status_code
        self._response = response
        self._chunks: Iterator[bytes] | None = None
        self._rest = b""
        self._ended = False
        self.content_type = (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def name(self) -> str:
        """For messages: where it comes from, without anything secret."""
        return origin(self.url)

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next(iter(self._response.headers.get_list(name)), None)

    @property
    def length(self) -> int | None:
        """Bytes of the body, where the server says so."""
        said = self.header("content-length") or ""
        return int(said) if said.isascii() and said.isdigit() else None

    def read(self) -> bytes:
        """What is there; waits for at least one byte. b"" is the end. Raises SourceFailure."""
        held, self._rest = self._rest, b""
        return held or self._next()

    def read_all(self, most: int) -> bytes:
        """The whole body, and closes. Raises SourceFailure, also where it has more than `most`
        bytes.
        """
        parts: list[bytes] = []
        total = 0
        try:
            while part := self.read():
                parts.append(part)
                total += len(part)
                if total > most:
                    raise SourceFailure("protocol", f"{self.name} sends too much")
        finally:
            self.close()
        return b"".join(parts)

    def peek(self, size: int) -> bytes:
        """The first bytes of what comes, which stay there; fewer only at the end."""
        held = self._rest
        while len(held) < size and (more := self._next()):
            held += more
        self._rest = held
        return held[:size]

    @property
    def waits(self) -> bool:
        """Whether there is more to read without waiting, as far as can be seen."""
        if self._rest:
            return True
        stream = self._response.extensions.get("network_stream")
        return bool(not self._ended and stream and stream.get_extra_info("is_readable"))

    @property
    def begun(self) -> bool:
        """Whether anything of the body has come, or its end."""
        stream = self._response.extensions["network_stream"]
        return bool(self.waits or stream.get_extra_info("has_body"))

    def close(self) -> None:
        """Ends it; its connection is kept only where everything was read. Idempotent."""
        self._ended = True
        self._rest = b""
        self._response.close()

    def drain(self) -> None:
        """Reads a short rest, so that the connection can be used again, and closes."""
        length = self.length
        try:
            if length is not None and length <= _DRAINED:
                while self._next():
                    pass
        except SourceFailure:
            pass
        self.close()

    def _next(self) -> bytes:
        if self._ended:
            return b""
        if self._chunks is None:
            self._chunks = self._response.iter_raw()
        try:
            for chunk in self._chunks:
                if chunk:
                    return chunk
        except httpx2.RemoteProtocolError:
            failure = SourceFailure("ended", f"{self.name} stopped in the middle of its answer")
        except (httpx2.TimeoutException, httpx2.NetworkError):
            failure = SourceFailure("no_answer", f"{self.name} stopped sending")
        except SourceFailure as over:
            failure = over
        else:
            self._ended = True
            return b""
        self.close()
        raise failure from None


def origin(url: httpx2.URL) -> str:
    """Scheme, host and port: what may be shown of an address."""
    return f"{url.scheme}://{shown(url.netloc.decode('ascii', 'replace'))}"
