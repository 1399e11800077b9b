"""What an RTSP server says, cut into its parts, so that a redirect can be seen."""

from __future__ import annotations

import re

from ingress.reader.failures import SourceFailure

LONGEST_HEAD = 16 * 1024
LONGEST_BODY = 1024 * 1024

_REPLY = re.compile(rb"RTSP/\d\.\d[ \t]+(\d{3})(?:[ \t][^\x00]*)?")
_REQUEST = re.compile(rb"([A-Z_]+)[ \t]+[^\s\x00]+[ \t]+RTSP/\d\.\d[ \t]*")
_LENGTH = re.compile(rb"(?i)content-length:[ \t]*(\d{1,7})[ \t]*")
_DOLLAR = 0x24
_SHORTEST_PACKET = 8


class RtspFilter:
    """Passes on what a server sends, up to the reply that sends its reader to another place.

    As strict as it must be to see the same parts as FFmpeg does: what it cannot read ends it.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._passing = 0
        """Bytes of a packet or a body that are still to come."""

    def feed(self, data: bytes) -> bytes:
        """What of it may be passed on now; the rest waits. Raises SourceFailure: forbidden for a
        redirect, protocol for what is no RTSP.
        """
        self._held += data
        passed = bytearray()
        while self._held:
            if self._passing:
                count = min(self._passing, len(self._held))
                passed += self._held[:count]
                del self._held[:count]
                self._passing -= count
            elif self._held[0] == _DOLLAR:
                if not self._packet(passed):
                    break
            elif not self._head(passed):
                break
        return bytes(passed)

    def _packet(self, passed: bytearray) -> bool:
        """An interleaved packet: `$`, channel, length, and so many bytes."""
        if len(self._held) < 4:
            return False
        length = int.from_bytes(self._held[2:4], "big")
        if length < _SHORTEST_PACKET:
            # No RTP and no RTCP. FFmpeg would read on within it, as if it were text.
            if len(self._held) < 4 + length:
                return False
            del self._held[: 4 + length]
            return True
        passed += self._held[:4]
        del self._held[:4]
        self._passing = length
        return True

    def _head(self, passed: bytearray) -> bool:
        """A reply, or a request of the server, up to its empty line."""
        lines: list[bytes] = []
        start = 0
        while (end := self._held.find(b"\n", start)) >= 0:
            # FFmpeg leaves out every CR, wherever it stands.
            line = bytes(self._held[start:end]).replace(b"\r", b"")
            start = end + 1
            if line:
                lines.append(line)
                continue
            if lines:
                self._passing = _body_length(lines)
            passed += self._held[:start]
            del self._held[:start]
            return True
        if lines:
            _check_first(lines[0])
        if len(self._held) > LONGEST_HEAD:
            raise _garbage()
        return False


def _body_length(lines: list[bytes]) -> int:
    _check_first(lines[0])
    said: set[int] = set()
    for line in lines[1:]:
        if line[0] == _DOLLAR or b"\x00" in line:
            raise _garbage()
        if line.lower().startswith(b"content-length:"):
            found = _LENGTH.fullmatch(line)
            if found is None:
                raise _garbage()
            said.add(int(found[1]))
    if len(said) > 1 or (said and max(said) > LONGEST_BODY):
        raise _garbage()
    return max(said, default=0)


def _check_first(line: bytes) -> None:
    reply = _REPLY.fullmatch(line)
    request = _REQUEST.fullmatch(line) if reply is None else None
    if reply is None and request is None:
        raise _garbage()
    if (reply and reply[1].startswith(b"3")) or (request and request[1] == b"REDIRECT"):
        raise SourceFailure("forbidden", "it redirects, and that is not followed")


def _garbage() -> SourceFailure:
    return SourceFailure("protocol", "what it says is no RTSP")
