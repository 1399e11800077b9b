"""The body of one HTTP answer, as a file that is read forwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import cast

import httpcore2

from ingress.reader.failures import SourceFailure
from ingress.reader.http.target import Target

_DRAINED = 64 * 1024


class HttpStream:
    """The body of one answer. A file that is read forwards.

    target: where it came from in the end; status; content_type: small letters without parameters.
    """

    def __init__(self, place: Target, response: httpcore2.Response) -> None:
        self.target = place
        self.status = response.status
        self._response = response
        self._headers = [
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in response.headers
        ]
        self._chunks: Iterator[bytes] | None = None
        self._rest = memoryview(b"")
        self._ended = False
        self.on_close: Callable[[], None] | None = None
        self.content_type = (self.header("content-type") or "").partition(";")[0].strip().lower()

    def __repr__(self) -> str:
        return f"<HttpStream {self.target} {self.status} {self.content_type}>"

    @property
    def name(self) -> str:
        """For messages: where it comes from, without anything secret."""
        return str(self.target)

    def header(self, name: str) -> str | None:
        """The first value of a header; name in small letters."""
        return next((value for known, value in self._headers if known == name), None)

    def header_list(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for known, value in self._headers if known == name]

    @property
    def length(self) -> int | None:
        """Bytes of the body, where the server says so."""
        said = self.header("content-length") or ""
        return int(said) if said.isascii() and said.isdigit() else None

    def read(self, size: int = -1) -> bytes:
        """What is there, at most size bytes; waits for at least one. b"" is the end. With -1
        whatever one read brings. Raises SourceFailure.
        """
        if not self._rest:
            self._rest = memoryview(self._next())
        taken = self._rest if size < 0 else self._rest[:size]
        self._rest = self._rest[len(taken) :]
        return bytes(taken)

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
        held = bytes(self._rest)
        while len(held) < size and (more := self._next()):
            held += more
        self._rest = memoryview(held)
        return held[:size]

    @property
    def waits(self) -> bool:
        """Whether there is more to read without waiting, as far as can be seen."""
        if self._rest:
            return True
        stream = self._response.extensions.get("network_stream")
        return bool(not self._ended and stream and stream.get_extra_info("is_readable"))

    def __enter__(self) -> HttpStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        """Ends it; its connection is kept only where everything was read. Idempotent."""
        self._ended = True
        self._rest = memoryview(b"")
        self._response.close()
        if self.on_close is not None:
            self.on_close()

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
            self._chunks = iter(cast(Iterable[bytes], self._response.stream))
        try:
            for chunk in self._chunks:
                if chunk:
                    return chunk
        except httpcore2.RemoteProtocolError:
            failure = SourceFailure("ended", f"{self.name} stopped in the middle of its answer")
        except (httpcore2.TimeoutException, httpcore2.NetworkError):
            failure = SourceFailure("no_answer", f"{self.name} stopped sending")
        else:
            self._ended = True
            return b""
        self.close()
        raise failure from None
