"""The transport below httpx2: connections to addresses that were checked, with TLS."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore2
import httpx2

from ingress.reader.connection import CONNECT_TIMEOUT, connect, start_tls
from ingress.reader.egress_policy import EgressPolicy
from ingress.reader.http.heads import read_head


class Transport(httpx2.HTTPTransport, httpcore2.NetworkBackend):
    """Resolves and checks a host once and connects to what was checked.

    Certificates are verified on public addresses only: cameras in private networks have
    self-signed ones, and FFmpeg does not verify either. Raises SourceFailure where no connection
    comes about, and OSError and httpx2's errors for the rest. policy: None for anything.
    """

    def __init__(self, policy: EgressPolicy | None) -> None:
        unused = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # `Connection` has its own
        super().__init__(verify=unused, trust_env=False)
        self._policy = policy
        self._made = 0
        """Connections made so far."""
        self._pool = httpcore2.ConnectionPool(
            ssl_context=unused,
            max_connections=16,
            max_keepalive_connections=4,
            keepalive_expiry=20.0,
            network_backend=self,
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """As of its base. A connection that was kept may have been closed meanwhile: then the
        request goes over another one.
        """
        while True:
            made = self._made
            try:
                return super().handle_request(request)
            except (OSError, httpx2.RemoteProtocolError, httpx2.WriteError) as error:
                if self._made > made or isinstance(error, TimeoutError):
                    raise

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
        return Connection(connect(host, port, self._policy, timeout or CONNECT_TIMEOUT))


class Connection(httpcore2.NetworkStream):
    """One connection. has_body: something came behind the last head."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._in_head = self.has_body = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As of its base; heads come whole, and mended."""
        self._socket.settimeout(timeout)
        if self._in_head:
            head, body = read_head(lambda: self._socket.recv(max_bytes))
            self._in_head, self.has_body = False, bool(body)
            return head + body
        self.has_body = True
        return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As of its base."""
        if not buffer:
            return
        self._in_head, self.has_body = True, False
        try:
            self._socket.settimeout(timeout)
            self._socket.sendall(buffer)
        except TimeoutError:
            raise
        except OSError:
            raise httpcore2.WriteError from None  # the answer may have come before

    def close(self) -> None:
        """As of its base."""
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        """As of its base."""
        host = server_hostname or ""
        self._socket = start_tls(self._socket, host, timeout or CONNECT_TIMEOUT)
        return self

    def get_extra_info(self, info: str) -> Any:
        """As of its base."""
        return self.ready() if info == "is_readable" else None

    def ready(self, wait: float = 0.0) -> bool:
        """Whether there is something to be read, or the end, after so many seconds at most."""
        if self._socket.fileno() < 0 or (
            isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
        ):
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(wait * 1000))
