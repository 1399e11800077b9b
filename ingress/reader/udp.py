"""MPEG-TS by UDP, bare or in RTP, and the wait for who sends it."""

from __future__ import annotations

import ipaddress
import re
import socket
import struct
from collections.abc import Callable

from config.source_address import SourceAddress
from ingress.reader.egress_policy import EgressPolicy, resolve
from ingress.reader.failures import SourceFailure, failure

BUFFER = 4 * 1024 * 1024
"""Bytes that the kernel keeps, enough for a keyframe while this process does not run."""

SILENCE = 30.0
"""Seconds without a packet after which it is over; who watches is less patient."""

_LONGEST = 65_536
_TS, _TS_IN_RTP = 0x47, 33
_CONNECTION = re.compile(r"(?m)^c=IN IP[46] ([0-9A-Fa-f.:]+)((?:/\d+)*)[ \t]*\r?$")
_PICTURE = re.compile(r"(?m)^m=video (\d{1,5})[ /]")

Waits = Callable[..., None]
"""Of session.py: told each second why nothing comes yet, and whether that may last."""


class UdpFile:
    """What one sender sends, as a file that FFmpeg reads MPEG-TS from. The first one to send is
    heard, and no other while that lasts.
    """

    def __init__(self, address: SourceAddress, policy: EgressPolicy | None, waits: Waits) -> None:
        """Waits for a first packet. Raises SourceFailure, and what `waits` raises."""
        self.failure: SourceFailure | None = None
        self._rest = b""
        self._socket = listening(address, policy)
        try:
            senders = resolve(address.user) if address.user else []
            first, self._sender = first_packet(self._socket, address.port, waits, senders)
            self._socket.settimeout(SILENCE)
            self._rest = _in_rtp(first) if first[0] != _TS else first
            if not self._rest:
                said = "its RTP is no MPEG-TS: give the SDP file that its sender has written"
                raise failure("codec", address, said)
        except BaseException:
            self._socket.close()
            raise

    def read(self, size: int) -> bytes:
        """At most `size` bytes, as soon as there are some; b"" when it is over."""
        while not self._rest:
            try:
                data, sender = self._socket.recvfrom(_LONGEST)
            except OSError:
                return b""
            if data and sender == self._sender:
                self._rest = data if data[0] == _TS else _in_rtp(data)
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def close(self) -> None:
        """Idempotent."""
        self._socket.close()


def listening(address: SourceAddress, policy: EgressPolicy | None) -> socket.socket:
    """A socket on the port, in the group where the host is one. Raises SourceFailure.

    To listen is no egress; a group is joined only where the policy allows it.
    """
    host = resolve(address.host)[0] if address.host else "0.0.0.0"
    ip = ipaddress.ip_address(host)
    if ip.is_multicast and policy:
        policy.check(host)
    made = socket.socket(socket.AF_INET6 if ip.version == 6 else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        if ip.is_multicast:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, address.port))
        if ip.is_multicast and ip.version == 4:
            member = struct.pack("=4sI", ip.packed, socket.INADDR_ANY)
            made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        elif ip.is_multicast:
            member = struct.pack("=16sI", ip.packed, 0)
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, member)
    except OSError as error:
        made.close()
        raise failure("refused", address, f"cannot be listened at: {error.strerror}") from None
    return made


def first_packet(
    listener: socket.socket, port: int, waits: Waits, senders: list[str]
) -> tuple[bytes, tuple[str, int]]:
    """A first packet and its sender, one of these where there are any; however long it takes."""
    listener.settimeout(1.0)
    while True:
        try:
            data, sender = listener.recvfrom(_LONGEST)
        except TimeoutError:
            waits(f"waiting for a sender to UDP port {port}", listening=True)
            continue
        if data and (not senders or sender[0] in senders):
            return data, sender


def _in_rtp(data: bytes) -> bytes:
    """The MPEG-TS in an RTP packet; b"" where it is none."""
    if len(data) < 12 or data[0] >> 6 != 2 or data[1] & 127 != _TS_IN_RTP:
        return b""
    begin = 12 + 4 * (data[0] & 15)
    if data[0] & 16 and len(data) >= begin + 4:
        begin += 4 + 4 * int.from_bytes(data[begin + 2 : begin + 4], "big")
    return data[begin : len(data) - (data[-1] if data[0] & 32 else 0)]


def described(address: SourceAddress, text: str) -> tuple[str, SourceAddress]:
    """An SDP file as FFmpeg may have it, and where its picture is to be listened for.

    Hosts become all of this machine's addresses, since FFmpeg reports to them; groups stay. Raises
    SourceFailure.
    """
    picture = _PICTURE.search(text)
    if picture is None or not 0 < int(picture[1]) < 65536:
        raise failure("codec", address, "describes no picture")
    groups: list[str] = []

    def here(found: re.Match[str]) -> str:
        try:
            ip = ipaddress.ip_address(found[1])
        except ValueError:
            raise failure("protocol", address, "names no address") from None
        if ip.is_multicast:
            groups.append(found[1])
            return found[0]
        return found[0].replace(found[1], "::" if ip.version == 6 else "0.0.0.0")

    text = _CONNECTION.sub(here, text)
    place = SourceAddress(
        "udp", address.safe, "", host=groups[0] if groups else "", port=int(picture[1])
    )
    return text, place
