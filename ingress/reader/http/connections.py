"""What is below httpx2: connections that go to the addresses that were checked, with TLS."""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore2
import httpx2

from ingress.reader.connection import CONNECT_TIMEOUT, connect, start_tls
from ingress.reader.egress_policy import EgressPolicy, shown
from ingress.reader.failures import SourceFailure
from ingress.reader.http.heads import HeadMender

READ_TIMEOUT = 10.0
HEAD_TIMEOUT = 10.0
"""Seconds for the whole head of an answer, which may come byte by byte."""

_KEPT = 4
_STALE = _KEPT + 1
"""Each connection that was kept may have been closed meanwhile."""


class Transport(httpx2.HTTPTransport, httpcore2.NetworkBackend):
    """Resolves and checks a host once and connects to what was checked.

    Certificates are verified on public addresses only: cameras in private networks have
    self-signed ones, and FFmpeg does not verify either. What is raised for a request is
    SourceFailure. policy: what may be reached, None for anything; timeout: seconds that a wait for
    data may take.
    """

    def __init__(self, policy: EgressPolicy | None, timeout: float = READ_TIMEOUT) -> None:
        unused = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # `_Stream` has its own
        super().__init__(verify=unused, trust_env=False)
        self._policy = policy
        self._timeout = timeout
        self._made = 0
        """Connections made so far."""
        self._pool = httpcore2.ConnectionPool(
            ssl_context=unused,
            max_connections=16,
            max_keepalive_connections=_KEPT,
            keepalive_expiry=20.0,
            network_backend=self,
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """As of its base."""
        name = shown(request.url.host)
        wait = {"connect": CONNECT_TIMEOUT, "pool": CONNECT_TIMEOUT}
        request.extensions = {"timeout": wait}
        for _ in range(_STALE):
            made = self._made
            try:
                return super().handle_request(request)
            except SourceFailure as failure:
                if self._made > made or failure.kind != "ended":
                    raise
            except (httpx2.RemoteProtocolError, httpx2.WriteError):
                if self._made > made:
                    raise SourceFailure(
                        "protocol", f"what {name} answers is no HTTP, or nothing"
                    ) from None
            except httpx2.LocalProtocolError:
                raise SourceFailure("protocol", "this address cannot stand in a request") from None
            except (httpx2.TimeoutException, httpx2.NetworkError):
                raise SourceFailure("no_answer", f"{name} does not answer") from None
        raise SourceFailure("no_answer", f"{name} closes every connection")

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """As of its base."""
        self._made += 1
        connected, address = connect(host, port, self._policy, timeout or CONNECT_TIMEOUT)
        return _Stream(connected, host, address, self._timeout)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, connected: socket.socket, host: str, address: str, timeout: float) -> None:
        self._socket = connected
        self._host = host
        self._address = address
        self._timeout = timeout
        self._heads = HeadMender()
        self._head_ends = 0.0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            while True:
                wait = self._timeout if timeout is None else timeout
                if self._heads.in_head:
                    wait = min(wait, max(0.01, self._head_ends - time.monotonic()))
                self._socket.settimeout(wait)
                data = self._socket.recv(max_bytes)
                passed = self._heads.feed(data) if data else self._heads.rest()
                if passed or not data:
                    return passed
        except TimeoutError:
            raise SourceFailure("no_answer", f"{shown(self._host)} sends nothing") from None
        except OSError:
            raise SourceFailure("ended", f"{shown(self._host)} broke the connection") from None

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        self._heads.expect()
        self._head_ends = time.monotonic() + HEAD_TIMEOUT
        try:
            self._socket.settimeout(self._timeout)
            self._socket.sendall(buffer)
        except TimeoutError:
            raise SourceFailure("no_answer", f"{shown(self._host)} takes no request") from None
        except OSError:
            raise httpcore2.WriteError from None  # the answer may have come before

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        host = server_hostname or self._host
        self._socket = start_tls(self._socket, host, self._address, timeout or CONNECT_TIMEOUT)
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._readable()
        if info == "has_body":
            return self._heads.has_body
        return None

    def _readable(self) -> bool:
        if self._socket.fileno() < 0 or (
            isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
        ):
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))
