"""TCP and TLS below the HTTP client: connections go to the addresses that were checked."""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore2

from ingress.reader.connecting import CONNECT_TIMEOUT, connect, start_tls
from ingress.reader.failures import SourceFailure
from ingress.reader.http.heads import HeadMender
from ingress.reader.reach import Reach, shown

READ_TIMEOUT = 10.0
_AHEAD = 16 * 1024


class Backend(httpcore2.NetworkBackend):
    """Resolves and checks a host once and connects to what was checked.

    Certificates are verified on public addresses only: cameras in private networks have
    self-signed ones, and FFmpeg does not verify either. What is raised is SourceFailure.
    deadline: monotonic seconds at which any reading fails, None for none; it bounds answers whose
    heads come byte by byte.
    """

    def __init__(self, guard: Reach | None, timeout: float = READ_TIMEOUT) -> None:
        self._guard = guard
        self._timeout = timeout
        self.deadline: float | None = None
        self.made = 0
        """Connections made so far."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        self.made += 1
        connected, address = connect(host, port, self._guard, timeout or CONNECT_TIMEOUT)
        return _Stream(self, connected, host, address, self._timeout)


class _Stream(httpcore2.NetworkStream):
    def __init__(
        self, owner: Backend, connected: socket.socket, host: str, address: str, timeout: float
    ) -> None:
        self._owner = owner
        self._socket = connected
        self._host = host
        self._address = address
        self._timeout = timeout
        self._heads = HeadMender()
        self._ahead: bytes | None = None
        """What was read to see whether there is something to be read."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        wait = self._timeout if timeout is None else timeout
        if self._owner.deadline is not None:
            wait = min(wait, max(0.01, self._owner.deadline - time.monotonic()))
        try:
            while True:
                self._socket.settimeout(wait)
                data = self._received(max_bytes)
                passed = self._heads.feed(data) if data else self._heads.rest()
                if passed or not data:
                    return passed
                if self._owner.deadline is not None:
                    wait = min(wait, max(0.01, self._owner.deadline - time.monotonic()))
        except TimeoutError:
            raise SourceFailure("no_answer", f"{shown(self._host)} sends nothing") from None
        except OSError:
            raise SourceFailure("ended", f"{shown(self._host)} broke the connection") from None

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        self._heads.expect()
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
        return None

    def _received(self, most: int) -> bytes:
        if self._ahead is None:
            return self._socket.recv(most)
        data, self._ahead = self._ahead, None
        return data

    def _readable(self) -> bool:
        if self._ahead is not None or self._socket.fileno() < 0:
            return True
        if isinstance(self._socket, ssl.SSLSocket):
            # What TLS has to say for itself is nothing to read.
            try:
                self._socket.settimeout(0)
                self._ahead = self._socket.recv(_AHEAD)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
            except OSError:
                pass
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))
