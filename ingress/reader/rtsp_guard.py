"""Network sources of FFmpeg that may reach checked addresses only.

FFmpeg resolves names by itself and follows RTSP redirects to anywhere. So for sources that came
from the page it talks to a forwarder on loopback, which connects to the addresses that were checked
and to no other, and cuts the connection where the server redirects.
"""

from __future__ import annotations

import logging
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from config.source_address import SourceAddress
from ingress.reader.connecting import connect_to, start_tls
from ingress.reader.failures import SourceFailure
from ingress.reader.reach import Reach, shown
from ingress.reader.rtsp_framing import RtspFilter

log = logging.getLogger(__name__)

_SLICE = 64 * 1024
_POLL = 0.25
_WRITE_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Way:
    """What FFmpeg opens. url holds secrets; options overrule all others."""

    url: str = field(repr=False)
    options: dict[str, str]
    forwarder: Forwarder | None = None

    @property
    def failure(self) -> SourceFailure | None:
        """Why the forwarder has cut the connection: says more than FFmpeg's error then."""
        return self.forwarder.failure if self.forwarder is not None else None


@contextmanager
def guarded(address: SourceAddress, reach: Reach) -> Iterator[Way]:
    """The way to an rtsp, rtmp or srt source, open as long as this lasts.

    RTSP goes over TCP then. Raises SourceFailure: forbidden, unreachable, refused.
    """
    if address.kind not in ("rtsp", "rtmp", "srt"):
        raise SourceFailure("forbidden", "only network addresses can be reached from the page")
    addresses = reach.check(address.host)
    tail = address.plain_url.partition("://")[2].removeprefix(_authority(address))
    if address.kind == "srt":
        host = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
        options = {"protocol_whitelist": "srt", "format_whitelist": "mpegts"}
        yield Way(f"srt://{host}:{address.port}{tail}", options)
        return
    forwarder = Forwarder(
        address.host,
        addresses,
        address.port,
        tls=address.scheme in ("rtsps", "rtmps"),
        filtered=address.kind == "rtsp",
    )
    try:
        place = f"127.0.0.1:{forwarder.port}"
        login = address.url.partition("://")[2].removesuffix(address.plain_url.partition("://")[2])
        if address.kind == "rtsp":
            options = {"rtsp_transport": "tcp", "protocol_whitelist": "tcp"}
        else:
            options = {
                "protocol_whitelist": "rtmp,tcp",
                "format_whitelist": "flv",
                # Servers tell their hosts apart by this one.
                "rtmp_tcurl": f"{address.scheme}://{_authority(address)}/{_application(tail)}",
            }
        yield Way(f"{address.kind}://{login}{place}{tail}", options, forwarder)
    finally:
        forwarder.close()


def _authority(address: SourceAddress) -> str:
    rest = address.plain_url.partition("://")[2]
    return rest[: _authority_length(rest)]


def _application(path: str) -> str:
    """The application in the path of an RTMP address, as FFmpeg divides it."""
    parts = path.strip("/").split("/")
    return "/".join(parts[: 2 if len(parts) > 2 else 1])


def _authority_length(text: str) -> int:
    return min((place for one in "/?#" if (place := text.find(one)) >= 0), default=len(text))


class Forwarder:
    """Listens on a port of loopback and hands on to one of the addresses. Has a thread.

    addresses: checked ones of `host`, tried in order at once: raises SourceFailure where none
    takes a connection. tls: towards the server; filtered: as RTSP, see RtspFilter.
    """

    def __init__(
        self, host: str, addresses: list[str], port: int, *, tls: bool, filtered: bool
    ) -> None:
        self._host = host
        self._addresses = addresses
        self._server_port = port
        self._tls = tls
        self._filtered = filtered
        self._closing = False
        self.failure: SourceFailure | None = None
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
        connected, address = connect_to(self._host, self._addresses, self._server_port)
        if not self._tls:
            return connected
        return start_tls(connected, self._host, address)

    def _serve(self) -> None:
        self._listener.settimeout(_POLL)
        while not self._closing:
            try:
                reader, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with reader:
                try:
                    server, self._first = self._first or self._connected(), None
                    with server:
                        self._forward(reader, server)
                except SourceFailure as failure:
                    self.failure = failure
                    log.info("the connection is cut: %s", failure)
                except OSError:
                    self.failure = self.failure or SourceFailure(
                        "ended", f"{shown(self._host)} broke the connection"
                    )

    def _forward(self, reader: socket.socket, server: socket.socket) -> None:
        """Until one side closes. Raises SourceFailure and OSError."""
        checked = RtspFilter() if self._filtered else None
        for one in (reader, server):
            one.settimeout(_WRITE_TIMEOUT)
        waiting = select.poll()
        waiting.register(reader, select.POLLIN)
        waiting.register(server, select.POLLIN)
        while not self._closing:
            ready = {number for number, _ in waiting.poll(_POLL * 1000)}
            if reader.fileno() in ready:
                data = reader.recv(_SLICE)
                if not data:
                    return
                server.sendall(data)
            if server.fileno() in ready:
                for data in _waiting(server):
                    if not data:
                        with suppress(OSError):
                            reader.shutdown(socket.SHUT_WR)
                        return
                    reader.sendall(checked.feed(data) if checked is not None else data)


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
