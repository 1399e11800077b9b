"""Network sources of FFmpeg, read through a forwarder of ours on loopback.

FFmpeg resolves names by itself, follows RTSP redirects to anywhere, knows few logins and is lost in
garbage. So it talks to a forwarder, which connects to addresses that were checked and to no other.
"""

from __future__ import annotations

import logging
import re
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from config.source_address import SourceAddress
from ingress.reader.connection import connect_to, start_tls
from ingress.reader.egress_policy import EgressPolicy, resolve, shown
from ingress.reader.failures import SourceFailure
from ingress.reader.rtsp_conversation import RtspConversation, netloc

log = logging.getLogger(__name__)

_SLICE = 64 * 1024
_POLL = 0.25
_WRITE_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Way:
    """What FFmpeg opens, without a login. options overrule all others. As `Backing`."""

    url: str = field(repr=False)
    options: dict[str, str]
    forwarder: Forwarder

    @property
    def failure(self) -> SourceFailure | None:
        """Why the forwarder has cut the connection: says more than FFmpeg's error then."""
        return self.forwarder.failure

    @property
    def refused_setup(self) -> bool:
        """As in `RtspConversation`."""
        return self.forwarder.talk is not None and self.forwarder.talk.refused_setup

    def close(self) -> None:
        """Ends the forwarder. Idempotent."""
        self.forwarder.close()


def forwarded(address: SourceAddress, policy: EgressPolicy | None) -> Way:
    """The way to an rtsp or rtmp source, open until it is closed. RTSP goes over TCP then.

    Raises SourceFailure: forbidden, unreachable, refused.
    """
    addresses = policy.check(address.host) if policy else resolve(address.host)
    forwarder = Forwarder(address, addresses, verify=policy is not None)
    url = re.sub("//[^/?#]*", f"//127.0.0.1:{forwarder.port}", address.plain_url, count=1)
    url = address.kind + url.removeprefix(address.scheme)
    if address.kind == "rtsp":
        return Way(url, {"rtsp_transport": "tcp", "protocol_whitelist": "tcp"}, forwarder)
    plain = address.plain_url.partition("://")[2]
    login = address.url.partition("://")[2].removesuffix(plain)
    names = plain.partition("/")[2].strip("/").split("/")
    application = "/".join(names[: 2 if names[2:] else 1])
    options = {
        "protocol_whitelist": "rtmp,tcp",
        "format_whitelist": "flv",
        # Servers tell their hosts apart by this one: the application, as FFmpeg divides the path.
        "rtmp_tcurl": f"{address.scheme}://{netloc(address)}/{application}",
    }
    return Way(url.replace("//", f"//{login}", 1), options, forwarder)


class Forwarder:
    """Listens on a port of loopback and hands on to one of the addresses. Has a thread.

    addresses: checked ones of the address's host, tried in order at once: raises SourceFailure
    where none takes a connection. verify: certificates of public ones.
    """

    def __init__(self, address: SourceAddress, addresses: list[str], *, verify: bool) -> None:
        self._address = address
        self._addresses = addresses
        self._verify = verify
        self._closing = False
        self.failure: SourceFailure | None = None
        self.talk: RtspConversation | None = None
        """The newest conversation, of RTSP."""
        self._first: socket.socket | None = self._connected()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=2)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="forwarder", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends all connections and the thread. Idempotent."""
        self._closing = True
        self._thread.join(2 * _POLL + 1)
        self._listener.close()
        first, self._first = self._first, None
        if first is not None:
            first.close()

    def _connected(self) -> socket.socket:
        host = self._address.host
        connected, address = connect_to(host, self._addresses, self._address.port)
        if self._address.scheme in ("rtsps", "rtmps"):
            connected = start_tls(connected, host, address, verify=self._verify)
        connected.settimeout(_WRITE_TIMEOUT)
        return connected

    def _serve(self) -> None:
        self._listener.settimeout(_POLL)
        while not self._closing:
            try:
                reader, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            if self._address.kind == "rtsp":
                self.talk = RtspConversation(self._address, self.port)
            with reader:
                reader.settimeout(_WRITE_TIMEOUT)
                try:
                    self._forward(reader)
                except SourceFailure as failure:
                    self.failure = failure
                    log.info("the connection is cut: %s", failure)
                except OSError:
                    self.failure = self.failure or SourceFailure(
                        "ended", f"{shown(self._address.host)} broke the connection"
                    )

    def _forward(self, reader: socket.socket) -> None:
        """Until one side closes. Raises SourceFailure and OSError."""
        again = b""
        while not self._closing:
            server, self._first = self._first or self._connected(), None
            broken: OSError | None = None
            with server:
                try:
                    server.sendall(again)
                    if not self._pass_on(reader, server):
                        return
                except OSError as error:
                    broken = error
            again = self.talk.again() if self.talk else b""
            if not again:
                if broken:
                    raise broken
                return

    def _pass_on(self, reader: socket.socket, server: socket.socket) -> bool:
        """Until one side closes; whether that was the server. Raises SourceFailure and OSError."""
        waiting = select.poll()
        waiting.register(reader, select.POLLIN)
        waiting.register(server, select.POLLIN)
        while not self._closing:
            ready = {number for number, _ in waiting.poll(_POLL * 1000)}
            if reader.fileno() in ready:
                if not (data := reader.recv(_SLICE)):
                    return False
                server.sendall(self.talk.asks(data) if self.talk else data)
            if server.fileno() in ready:
                for data in _waiting(server):
                    if not data:
                        return True
                    passed, again = self.talk.says(data) if self.talk else (data, b"")
                    reader.sendall(passed)
                    if again:
                        server.sendall(again)
        return False


def _waiting(server: socket.socket) -> Iterator[bytes]:
    """What one readiness brings. With TLS that may be nothing, and may be more than the socket
    shows.
    """
    if not isinstance(server, ssl.SSLSocket):
        yield server.recv(_SLICE)
        return
    while True:
        server.settimeout(0)
        try:
            data = server.recv(_SLICE)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        finally:
            server.settimeout(_WRITE_TIMEOUT)
        yield data
