"""The body of one HTTP answer, as a stream that is read forwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx2

from ingress.reader.egress_policy import shown
from ingress.reader.failures import SourceFailure
from ingress.reader.http.transport import Connection

_DRAINED = 64 * 1024


class HttpStream:
    """The body of one answer.

    url: where it came from in the end; name: that for messages; status; content_type: small letters
    without parameters; length: bytes of the body, None where the server does not say.
    """

    def __init__(self, response: httpx2.Response) -> None:
        self.url = response.request.url
        self.name = place(self.url)
        self.status = response.status_code
        self._response = response
        self.content_type = self.header("content-type").partition(";")[0].strip().lower()
        self.length = number(self.header("content-length"))
        self._connection: Connection = response.extensions["network_stream"]
        self._chunks = response.iter_raw()
        self._received = 0
        self._rest = b""
        self._ended = False
        self.closed = False

    def header(self, name: str) -> str:
        """The value of a header; "" for none."""
        return next(iter(self._response.headers.get_list(name)), "")

    def read(self, size: int = 1 << 30) -> bytes:
        """What is there, `size` bytes at most; waits for one byte. b"" is the end. Raises
        SourceFailure.
        """
        held = self._rest or self._next()
        self._rest = held[size:]
        return held[:size]

    def read_all(self, most: int) -> bytes:
        """The whole body, and closes. Raises SourceFailure, also where it has more than `most`
        bytes.
        """
        try:
            data = self.peek(most + 1)
        finally:
            self.close()
        if len(data) > most:
            raise SourceFailure("protocol", f"{self.name} sends too much")
        return data

    def peek(self, size: int) -> bytes:
        """The first bytes of what comes, which stay there; fewer only at the end."""
        held = bytearray(self._rest)
        while len(held) < size and (more := self._next()):
            held += more
        self._rest = bytes(held)
        return self._rest[:size]

    def waits(self, wait: float = 0.0) -> bool:
        """Whether there is more to read, or an end, as far as can be seen in so many seconds."""
        return bool(self._rest) or (not self._ended and self._connection.ready(wait))

    def begun(self, wait: float) -> bool:
        """Whether anything of the body has come, or its end, after so many seconds at most."""
        return self._connection.has_body or self.waits(wait)

    def close(self) -> None:
        """Ends it; its connection is kept only where everything was read. Idempotent."""
        self.closed = self._ended = True
        self._rest = b""
        self._response.close()

    def drain(self, most: int = _DRAINED) -> None:
        """Closes; reads a rest of at most so many bytes before, so that the connection is kept."""
        if self.length is not None and self.length - self._received <= most:
            with suppress(SourceFailure):
                while self._next():
                    pass
        self.close()

    def _next(self) -> bytes:
        if self._ended:
            return b""
        try:
            with translated(self.name, body=True):
                data = next(filter(None, self._chunks), b"")
        except SourceFailure:
            self.close()
            raise
        self._received += len(data)
        self._ended = not data
        return data


def place(url: httpx2.URL) -> str:
    """Host and port: what may be shown of an address."""
    return shown(url.netloc.decode("ascii", "replace"))


def number(text: str) -> int | None:
    """The number that a header has; None for what is none."""
    return int(text) if text.isascii() and text.isdigit() else None


@contextmanager
def translated(name: str, *, body: bool = False) -> Iterator[None]:
    """Raises what goes wrong in a request, or in the body of its answer, as SourceFailure."""
    try:
        yield
    except TimeoutError:
        over = SourceFailure("no_answer", f"{name} sends nothing")
    except OSError:
        over = SourceFailure("ended", f"{name} broke the connection")
    except httpx2.LocalProtocolError:
        over = SourceFailure("protocol", "this address cannot stand in a request")
    except httpx2.RemoteProtocolError:
        over = SourceFailure("protocol", f"what {name} answers is no HTTP, or nothing")
        if body:
            over = SourceFailure("ended", f"{name} stopped in the middle of its answer")
    except httpx2.TransportError:
        over = SourceFailure("no_answer", f"{name} does not answer")
    else:
        return
    raise over from None
