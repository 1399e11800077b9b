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

FIRST_WAIT = 5000
"""Milliseconds until a first packet has to come where both sides call."""

MODES = ("caller", "listener", "rendezvous")

_MESSAGE = 65536
_POLL = 0.05
_BLOCKS, _RENDEZVOUS, _RECEIVE_TIMEOUT, _LATENCY_OPTION = 2, 12, 14, 23
_PASSPHRASE, _KEY_LENGTH, _CONNECT_TIMEOUT, _STREAM_ID = 26, 27, 36, 46
_CRITICAL = 2

_NO_SERVER, _REJECTED, _TIMEOUT = 1001, 1002, 6003
_WHY: dict[int, FailureKind] = {
    # The passphrase is wrong, or only one side has one.
    **dict.fromkeys((9, 10, 11), "auth"),
    1401: "auth",
    1403: "auth",
    1404: "not_found",
}


class SrtFile:
    """An SRT connection as a file that FFmpeg reads MPEG-TS from. As `Backing`."""

    failure: SourceFailure | None = None

    def __init__(self, address: SourceAddress, ip: str, waits: Waits) -> None:
        """ip: the checked address of the host, or the one to listen at. Raises SourceFailure, and
        what `waits` raises.
        """
        self._address = address
        self._library = _library(address)
        self._options = _options(address)
        self._place = _sockaddr(ip, address.port)
        self._buffer = ctypes.create_string_buffer(_MESSAGE)
        self._rest = b""
        self._socket = -1
        begin = {"caller": self._call, "listener": self._listen, "rendezvous": self._meet}
        try:
            begin[srt_mode(address)](waits)
        except BaseException:
            self.close()
            raise

    def read(self, size: int) -> bytes:
        """At most `size` bytes, as soon as there are some; b"" when the connection is over."""
        data = self._rest or self._received()
        self._rest = data[size:]
        return data[:size]

    def close(self) -> None:
        """Idempotent."""
        if self._socket >= 0:
            self._library.srt_close(self._socket)
            self._socket = -1

    def _call(self, _: Waits) -> None:
        self._make()
        if not self._connects():
            raise failure("no_answer", self._address)

    def _listen(self, waits: Waits) -> None:
        self._make()
        self._bind(self._place)
        if self._library.srt_listen(self._socket, 1) < 0:
            raise failure("refused", self._address, "this port cannot be listened at")
        self._set(_BLOCKS, 0)
        told = time.monotonic()
        while (taken := self._library.srt_accept(self._socket, None, None)) < 0:
            time.sleep(_POLL)
            if time.monotonic() - told >= 1.0:
                told = time.monotonic()
                waits(f"waiting for a caller at SRT port {self._address.port}", listening=True)
        self.close()
        self._socket = taken
        self._set(_BLOCKS, 1)

    def _meet(self, waits: Waits) -> None:
        """Both sides call one another, from the port that they call. One of them may believe alone
        that they have met: then nothing comes, and they are to meet again.
        """
        ours = _sockaddr(self._options.get("adapter", "0.0.0.0"), self._address.port)
        while not self._rest:
            waits("waiting for the other side of the rendezvous", listening=True)
            self.close()
            self._make()
            self._set(_RENDEZVOUS, 1)
            self._set(_CONNECT_TIMEOUT, 500)  # here it counts ten times
            self._set(_RECEIVE_TIMEOUT, FIRST_WAIT)
            self._bind(ours)
            if self._connects():
                waits("the other side of the rendezvous is to send", listening=True)
                self._rest = self._received()
        self._set(_RECEIVE_TIMEOUT, -1)

    def _make(self) -> None:
        self._socket, options = int(self._library.srt_create_socket()), self._options
        latency = _number(options.get("latency") or options.get("rcvlatency"), LATENCY)
        # FFmpeg counts microseconds here, everybody else milliseconds.
        self._set(_LATENCY_OPTION, latency // 1000 if latency >= 10_000 else latency)
        self._set(_CONNECT_TIMEOUT, CONNECT_WAIT)
        if passphrase := options.get("passphrase"):
            self._set(_KEY_LENGTH, _number(options.get("pbkeylen"), 0))
            self._set(_PASSPHRASE, passphrase.encode())
        if stream := options.get("streamid"):
            self._set(_STREAM_ID, stream.encode())

    def _set(self, option: int, value: int | bytes) -> None:
        data = value if isinstance(value, bytes) else struct.pack("i", value)
        if self._library.srt_setsockflag(self._socket, option, data, len(data)) < 0:
            said = "an option is not as SRT wants it"
            if option == _PASSPHRASE:
                said = "a passphrase of SRT has 10 to 79 signs"
            raise failure("protocol", self._address, said)

    def _bind(self, place: bytes) -> None:
        if self._library.srt_bind(self._socket, place, len(place)) < 0:
            raise failure("refused", self._address, "this port cannot be used here")

    def _connects(self) -> bool:
        """Whether the other side answers. Raises SourceFailure where it refuses."""
        if self._library.srt_connect(self._socket, self._place, len(self._place)) >= 0:
            return True
        error = self._library.srt_getlasterror(None)
        if error in (_NO_SERVER, _TIMEOUT):
            return False  # UDP says nothing where nobody listens
        if error != _REJECTED:
            raise failure("unreachable", self._address)
        kind = _WHY.get(self._library.srt_getrejectreason(self._socket), "refused")
        said = "refuses this stream, or the passphrase" if kind == "refused" else ""
        raise failure(kind, self._address, said)

    def _received(self) -> bytes:
        count = self._library.srt_recv(self._socket, self._buffer, _MESSAGE)
        return ctypes.string_at(self._buffer, max(0, count))


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
    for name in ("srt-gnutls", "srt-openssl", "srt"):
        if found := ctypes.util.find_library(name):
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
