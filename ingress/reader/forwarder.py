"""A forwarder on loopback, through which FFmpeg reads RTSP and RTMP.

FFmpeg resolves names by itself, follows RTSP redirects to anywhere, knows few logins and is lost in
garbage. So it talks to this, which connects to addresses that were checked and to no other.
"""

from __future__ import annotations

import logging
import re
import select
import socket
import ssl
import threading
from collections.abc import Iterator

from config.source_address import SourceAddress
from ingress.reader.connection import connect, start_tls
from ingress.reader.egress_policy import EgressPolicy
from ingress.reader.failures import SourceFailure, failure
from ingress.reader.rtsp_conversation import RtspConversation, netloc

log = logging.getLogger(__name__)

_SLICE = 64 * 1024
_POLL = 0.25
_WRITE_TIMEOUT = 30.0


class Forwarder:
    """Hands what comes to a port of loopback on to an rtsp or rtmp source. As `Backing`. Has a
    thread.

    url: what FFmpeg opens, without a login for RTSP; options, which overrule all others; failure:
    why the connection was cut, which says more than FFmpeg's error then.
    """

    def __init__(self, address: SourceAddress, policy: EgressPolicy | None) -> None:
        """Raises SourceFailure: forbidden, unreachable, refused."""
        self._address = address
        self._policy = policy
        self._closing = False
        self.failure: SourceFailure | None = None
        self._conversation: RtspConversation | None = None
        """The newest one, of RTSP."""
        self._first: socket.socket | None = self._connected()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=2)
        self._port: int = self._listener.getsockname()[1]
        self.url, self.options = self._given()
        self._thread = threading.Thread(target=self._serve, name="forwarder", daemon=True)
        self._thread.start()

    @property
    def refused_setup(self) -> bool:
        """As in `RtspConversation`."""
        return self._conversation is not None and self._conversation.refused_setup

    def close(self) -> None:
        """Ends all connections and the thread. Idempotent."""
        self._closing = True
        self._thread.join(2 * _POLL + 1)
        self._listener.close()
        first, self._first = self._first, None
        if first is not None:
            first.close()

    def _given(self) -> tuple[str, dict[str, str]]:
        """For FFmpeg: an address, and options. RTSP goes over TCP."""
        address = self._address
        _, _, plain = address.plain_url.partition("://")
        rest = re.sub("^[^/?#]*", "", plain)
        here = f"127.0.0.1:{self._port}{rest}"
        if address.kind == "rtsp":
            return f"rtsp://{here}", {"rtsp_transport": "tcp", "protocol_whitelist": "tcp"}
        login = address.url.partition("://")[2].removesuffix(plain)
        names = rest.strip("/").split("/")
        application = "/".join(names[: 2 if names[2:] else 1])
        return f"rtmp://{login}{here}", {
            "protocol_whitelist": "rtmp,tcp",
            "format_whitelist": "flv",
            # Servers tell their hosts apart by this: the application, as FFmpeg divides the path.
            "rtmp_tcurl": f"{address.scheme}://{netloc(address)}/{application}",
        }

    def _connected(self) -> socket.socket:
        host = self._address.host
        connected = connect(host, self._address.port, self._policy)
        if self._address.scheme in ("rtsps", "rtmps"):
            connected = start_tls(connected, host, verify=self._policy is not None)
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
                self._conversation = RtspConversation(self._address, self._port)
            with reader:
                reader.settimeout(_WRITE_TIMEOUT)
                try:
                    self._forward(reader)
                except SourceFailure as over:
                    self.failure = over
                    log.info("the connection is cut: %s", over)
                except OSError:
                    self.failure = self.failure or failure("ended", self._address)

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
            again = self._conversation.again() if self._conversation else b""
            if not again:
                if broken:
                    raise broken
                return

    def _pass_on(self, reader: socket.socket, server: socket.socket) -> bool:
        """Until one side closes; whether that was the server. Raises SourceFailure and OSError."""
        talk = self._conversation
        waiting = select.poll()
        waiting.register(reader, select.POLLIN)
        waiting.register(server, select.POLLIN)
        while not self._closing:
            ready = {number for number, _ in waiting.poll(_POLL * 1000)}
            if reader.fileno() in ready:
                if not (data := reader.recv(_SLICE)):
                    return False
                server.sendall(talk.asks(data) if talk else data)
            for data in _waiting(server) if server.fileno() in ready else ():
                if not data:
                    return True
                passed, again = talk.says(data) if talk else (data, b"")
                reader.sendall(passed)
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
