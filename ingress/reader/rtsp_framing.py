"""What an RTSP server says, cut into its parts: replies, requests of its own, packets of media."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ingress.reader.failures import SourceFailure

LONGEST_HEAD = 16 * 1024
LONGEST_BODY = 1024 * 1024

_REPLY = re.compile(rb"RTSP/\d\.\d[ \t]+(\d{3})(?:[ \t][^\x00]*)?")
_REQUEST = re.compile(rb"([A-Z_]+)[ \t]+[^\s\x00]+[ \t]+RTSP/\d\.\d[ \t]*")
_LENGTH = re.compile(rb"(?i)content-length:[ \t]*(\d{1,7})[ \t]*")
_BEGINS = re.compile(rb"RTSP/\d\.\d |\$[\x00-\x0f]..[\x80-\xbf]", re.DOTALL)
"""What may stand behind garbage: a reply, or an RTP or RTCP packet on a low channel."""
_DOLLAR = 0x24
_SHORTEST_PACKET = 12


class Part(NamedTuple):
    """One packet, or one reply or request with its body. status: of a reply, 0 for the rest;
    headers: its lines behind the first.
    """

    data: bytes
    status: int = 0
    headers: Sequence[bytes] = ()

    def challenges(self) -> list[str]:
        """The values of WWW-Authenticate."""
        pairs = (one.decode(errors="replace").partition(":") for one in self.headers)
        return [value for name, _, value in pairs if name.strip().lower() == "www-authenticate"]


class RtspParts:
    """Takes what a server sends. `strict` ends the connection at what is no RTSP; else that is left
    out, as cameras send garbage between their packets.
    """

    def __init__(self) -> None:
        self.strict = True
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[Part]:
        """The parts that are whole now. FFmpeg sees these and nothing else, so that it reads
        nothing otherwise. Raises SourceFailure: protocol, and forbidden for a redirect.
        """
        self._held += data
        while held := self._held:
            if held[0] == _DOLLAR and (self.strict or len(held) < 5 or _BEGINS.match(held)):
                size = 4 + int.from_bytes(held[2:4], "big")
                if len(held) < max(4 if self.strict else 5, size):
                    return
                packet = bytes(held[:size])
                del held[:size]
                # FFmpeg would read on within one that is too short.
                part: Part | None = Part(packet if size >= _SHORTEST_PACKET else b"")
            elif self.strict or held.startswith(b"RTSP/"):
                part = self._head()
            else:
                part = Part(b"") if self._skip() else None
            if part is None:
                return
            if part.data:
                yield part

    def _skip(self) -> bool:
        """Leaves out what is neither packet nor reply; whether there is something behind it."""
        found = _BEGINS.search(self._held, 1)
        # The beginning of one may be in what is held already.
        del self._held[: found.start() if found else max(0, len(self._held) - 8)]
        return found is not None

    def _head(self) -> Part | None:
        """A reply or a request, with its body; None while it is not whole."""
        lines: list[bytes] = []
        start, whole = 0, False
        while not whole and (end := self._held.find(b"\n", start)) >= 0:
            # FFmpeg leaves out every CR, wherever it stands.
            line = bytes(self._held[start:end]).replace(b"\r", b"")
            start, whole = end + 1, not line
            lines += [line] if line else []
        status = _status(lines[0]) if lines else 0
        if not whole:
            if len(self._held) > LONGEST_HEAD:
                raise _garbage()
            return None
        end = start + _body_length(lines[1:])
        if len(self._held) < end:
            return None
        body = bytes(self._held[start:end])
        del self._held[:end]
        return Part(b"\r\n".join([*lines, b"", body]) if lines else b"", status, lines[1:])


def _body_length(headers: list[bytes]) -> int:
    said = {0}
    for line in headers:
        if line[0] == _DOLLAR or b"\x00" in line:
            raise _garbage()
        if line.lower().startswith(b"content-length:"):
            found = _LENGTH.fullmatch(line)
            if found is None or len(said | {int(found[1])}) > 2:
                raise _garbage()
            said.add(int(found[1]))
    if max(said) > LONGEST_BODY:
        raise _garbage()
    return max(said)


def _status(line: bytes) -> int:
    """Of a reply; 0 for a request."""
    reply = _REPLY.fullmatch(line)
    request = _REQUEST.fullmatch(line) if reply is None else None
    if reply is None and request is None:
        raise _garbage()
    if (reply and reply[1].startswith(b"3")) or (request and request[1] == b"REDIRECT"):
        raise SourceFailure("forbidden", "it redirects, and that is not followed")
    return int(reply[1]) if reply else 0


def _garbage() -> SourceFailure:
    return SourceFailure("protocol", "what it says is no RTSP")
