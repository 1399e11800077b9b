"""SRT by the system's libsrt: PyAV's FFmpeg has none, and the `ffmpeg` command would show the
passphrase in the list of processes.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import socket
import struct
import time
from functools import cache
from urllib.parse import parse_qsl

from config.source_address import SourceAddress
from ingress.reader.failures import SourceFailure, failure
from ingress.reader.messages import FailureKind
from ingress.reader.udp import Waits

LATENCY = 200
"""Milliseconds in which a lost packet may come again, unless the address says otherwise."""

CONNECT_WAIT = 5000
"""Milliseconds."""

_NAMES = ("srt-gnutls", "srt-openssl", "srt")
MODES = ("caller", "listener", "rendezvous")

_MESSAGE = 65536
_POLL, _LOOK = 0.05, 1.0
_PASSPHRASE, _KEY_LENGTH, _LATENCY_OPTION, _STREAM_ID, _CONNECT_TIMEOUT = 26, 27, 23, 46, 36
_BLOCKS, _RENDEZVOUS = 2, 12
_CRITICAL = 2

_NO_SERVER, _REJECTED, _TIMEOUT = 1001, 1002, 6003
_BAD_SECRET = (9, 10, 11)
"""Reasons of a refusal: the passphrase is wrong, or only one side has one."""
_OF_THE_SERVER: dict[int, FailureKind] = {
    1401: "auth",
    1403: "auth",
    1404: "not_found",
    1409: "refused",
    1503: "refused",
}


class SrtFile:
    """An SRT connection as a file that FFmpeg reads MPEG-TS from. Raises SourceFailure."""

    def __init__(self, address: SourceAddress, ip: str, waits: Waits) -> None:
        """ip: the checked address of the host, or the one to listen at. Raises SourceFailure, and
        what `waits` raises.
        """
        self._address = address
        self._library = _library(address)
        self._rest = b""
        self.failure: SourceFailure | None = None
        self._buffer = ctypes.create_string_buffer(_MESSAGE)
        self._options = _options(address)
        mode, place = srt_mode(address), _sockaddr(ip, address.port)
        self._socket = self._set_up()
        if mode == "listener":
            self._listen(place, waits)
        elif mode == "rendezvous":
            self._meet(place, waits)
        elif self._library.srt_connect(self._socket, place, len(place)) < 0:
            kind = self._why_not()
            said = "refuses this stream, or the passphrase" if kind == "refused" else ""
            raise failure(kind, address, said)

    def read(self, size: int) -> bytes:
        """At most `size` bytes, as soon as there are some; b"" when the connection is over."""
        if not self._rest:
            count = self._library.srt_recv(self._socket, self._buffer, _MESSAGE)
            if count <= 0:
                return b""
            self._rest = self._buffer.raw[:count]
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def close(self) -> None:
        """Idempotent."""
        if self._socket >= 0:
            self._library.srt_close(self._socket)
            self._socket = -1

    def _set_up(self) -> int:
        self._socket, options = self._library.srt_create_socket(), self._options
        latency = _number(options.get("latency") or options.get("rcvlatency"), LATENCY)
        # FFmpeg counts microseconds here, everybody else milliseconds.
        self._set(_LATENCY_OPTION, latency // 1000 if latency >= 10_000 else latency)
        self._set(_CONNECT_TIMEOUT, CONNECT_WAIT)
        if passphrase := options.get("passphrase"):
            self._set(_KEY_LENGTH, _number(options.get("pbkeylen"), 0))
            self._set(_PASSPHRASE, passphrase.encode())
        if stream := options.get("streamid"):
            self._set(_STREAM_ID, stream.encode())
        return int(self._socket)

    def _set(self, option: int, value: int | bytes) -> None:
        data = value if isinstance(value, bytes) else struct.pack("i", value)
        if self._library.srt_setsockflag(self._socket, option, data, len(data)) < 0:
            said = "an option is not as SRT wants it"
            if option == _PASSPHRASE:
                said = "a passphrase of SRT has 10 to 79 signs"
            raise failure("protocol", self._address, said)

    def _listen(self, place: bytes, waits: Waits) -> None:
        if (
            self._library.srt_bind(self._socket, place, len(place)) < 0
            or self._library.srt_listen(self._socket, 1) < 0
        ):
            raise failure("refused", self._address, "this port cannot be listened at")
        self._set(_BLOCKS, 0)
        looks = 0
        while (taken := self._library.srt_accept(self._socket, None, None)) < 0:
            time.sleep(_POLL)
            looks += 1
            if looks * _POLL >= _LOOK:
                looks = 0
                waits(f"waiting for a caller at SRT port {self._address.port}", listening=True)
        self.close()
        self._socket = taken
        self._set(_BLOCKS, 1)

    def _meet(self, place: bytes, waits: Waits) -> None:
        """Both sides call one another, from the port that they call."""
        ours = _sockaddr(self._options.get("adapter", "0.0.0.0"), self._address.port)
        while True:
            self._set(_RENDEZVOUS, 1)
            self._set(_CONNECT_TIMEOUT, 500)  # here it counts ten times
            if self._library.srt_bind(self._socket, ours, len(ours)) < 0:
                raise failure("refused", self._address, "this port cannot be used here")
            if self._library.srt_connect(self._socket, place, len(place)) >= 0:
                return
            if (kind := self._why_not()) != "no_answer":
                raise failure(kind, self._address)
            self.close()
            waits("waiting for the other side of the rendezvous", listening=True)
            self._set_up()

    def _why_not(self) -> FailureKind:
        error = self._library.srt_getlasterror(None)
        reason = self._library.srt_getrejectreason(self._socket)
        if error == _REJECTED:
            if reason in _BAD_SECRET:
                return "auth"
            return _OF_THE_SERVER.get(reason, "refused")
        # UDP says nothing where nobody listens: SRT can only wait.
        return "no_answer" if error in (_NO_SERVER, _TIMEOUT) else "unreachable"


def srt_mode(address: SourceAddress) -> str:
    """How the two find one another. Raises SourceFailure."""
    mode = _options(address).get("mode") or ("caller" if address.host else "listener")
    if mode not in MODES or not (address.host or mode == "listener"):
        raise failure(
            "protocol", address, f"mode is one of {', '.join(MODES)}, the host is whom to call"
        )
    return mode


def _options(address: SourceAddress) -> dict[str, str]:
    return dict(parse_qsl(address.url.partition("?")[2], keep_blank_values=True))


@cache
def _loaded() -> ctypes.CDLL | None:
    for name in _NAMES:
        found = ctypes.util.find_library(name)
        if found:
            library = ctypes.CDLL(found)
            # Its messages on stderr hold addresses.
            library.srt_setloglevel(_CRITICAL)
            library.srt_startup()
            return library
    return None


def _library(address: SourceAddress) -> ctypes.CDLL:
    library = _loaded()
    if library is None:
        raise failure("internal", address, "SRT needs libsrt (Debian: libsrt1.5-openssl)")
    return library


def _sockaddr(ip: str, port: int) -> bytes:
    if ":" in ip:
        head = struct.pack("=H", socket.AF_INET6) + struct.pack(">HI", port, 0)
        return head + socket.inet_pton(socket.AF_INET6, ip) + bytes(4)
    head = struct.pack("=H", socket.AF_INET) + struct.pack(">H", port)
    return head + socket.inet_pton(socket.AF_INET, ip) + bytes(8)


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else default
