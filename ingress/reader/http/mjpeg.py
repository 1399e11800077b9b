"""MJPEG over HTTP: JPEG pictures out of a stream of bytes, whatever stands between them.

Cameras differ in all that multipart/x-mixed-replace leaves open, and break what it does not: the
boundary of the header is not the one of the body, lengths are wrong or missing, lines end in LF.
So boundaries are not relied upon. A picture begins where JPEG begins and ends where its markers
say; what stands before it is searched for the headers of its part.
"""

from __future__ import annotations

import re

START = b"\xff\xd8\xff"
END = b"\xff\xd9"

_MARKER = re.compile(rb"\xff+([^\xff])")
_IN_SCAN = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
"""The next marker in coded data; stuffed bytes and restarts are none."""
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})

LONGEST_PICTURE = 16 * 1024 * 1024
LONGEST_HEAD = 8 * 1024

_LENGTH = re.compile(rb"(?im)^content-length[ \t]*:[ \t]*(\d{1,9})[ \t]*\r?$")
_BOUNDARY = re.compile(rb"\r?\n?--[^\r\n]{0,200}\r?\n")


class PictureEnd:
    """Follows the picture at the front of a buffer that grows. Every byte is looked at about once.

    A thumbnail in an EXIF segment is skipped with its segment.
    """

    def __init__(self) -> None:
        self._at = 2
        self._in_scan = False
        self.cut = False
        """Another picture begins before this one has ended."""

    @property
    def has_scan(self) -> bool:
        """Whether coded data was reached: there is something to be seen."""
        return self._in_scan

    def find(self, buffer: bytearray) -> int | None:
        """The index after the picture, None while it is not there. With `cut`, the index at which
        the next picture begins.
        """
        while True:
            found = (_IN_SCAN if self._in_scan else _MARKER).search(buffer, self._at)
            if found is None:
                # The last byte may be the first half of a marker.
                self._at = max(self._at, len(buffer) - 1)
                return None
            marker, after = buffer[found.end() - 1], found.end()
            if marker == _EOI:
                return after
            if marker == _SOI:
                self.cut = True
                return after - 2
            if marker in _WITHOUT_LENGTH or marker == 0:
                self._at = after
                continue
            if len(buffer) < after + 2:
                self._at = found.start()
                return None
            self._at = after + max(2, int.from_bytes(buffer[after : after + 2], "big"))
            self._in_scan = self._in_scan or marker == _SOS


class JpegParser:
    """Bytes in, pictures out. Holds one picture of at most LONGEST_PICTURE bytes and a head.

    passed: bytes without a picture since the last one.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._picture: PictureEnd | None = None
        self._length: int | None = None
        self._searched = 0
        self._have_ends = False
        self.passed = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The pictures that these bytes complete, in order."""
        self._buffer += data
        found = list[bytes]()
        while picture := self._picture or self._begins():
            ended = self._ends(picture)
            if ended is None:
                break
            end, tail = ended
            if tail is not None:
                self.passed = 0
                found.append(bytes(self._buffer[:end]) + tail)
            self._picture = None
            self._drop(end)
        return found

    def _begins(self) -> PictureEnd | None:
        """Looks for the start of a picture and moves it to the front of the buffer."""
        start = self._buffer.find(START, self._searched)
        if start < 0:
            self._forget()
            return None
        said = _LENGTH.findall(self._buffer, max(0, start - LONGEST_HEAD), start)
        self._length = int(said[-1]) if said else None
        self._drop(start)
        self._picture = PictureEnd()
        return self._picture

    def _ends(self, picture: PictureEnd) -> tuple[int, bytes | None] | None:
        """The index after the picture at the front, and what it lacks, None where it is broken;
        None while it goes on.
        """
        end, said = picture.find(self._buffer), self._length
        if end is not None and not picture.cut:
            self._have_ends = True
            return end, b""
        if said is not None and 4 <= said <= len(self._buffer):
            # Without an end of its own, or with one that its markers do not lead to.
            if self._buffer[said - 2 : said] == END:
                return said, b""
            if picture.has_scan and _BOUNDARY.match(self._buffer, said):
                return said, END
        if end is not None:
            return self._before(end, picture)
        return (len(self._buffer), None) if len(self._buffer) > LONGEST_PICTURE else None

    def _before(self, following: int, picture: PictureEnd) -> tuple[int, bytes | None]:
        """A picture without an end. Some cameras never send one; with others it is torn."""
        first = max(0, following - LONGEST_HEAD)
        boundary = self._buffer.rfind(b"\n--", first, following)
        end = boundary - (self._buffer[boundary - 1 : boundary] == b"\r")
        if boundary < 0:
            return following, None
        return end, END if picture.has_scan and not self._have_ends else None

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._searched = 0

    def _forget(self) -> None:
        """Keeps what may be a head, or the first bytes of a picture."""
        spare = len(self._buffer) - LONGEST_HEAD
        if spare > LONGEST_HEAD:
            self.passed += spare
            self._drop(spare)
        self._searched = max(0, len(self._buffer) - len(START) + 1)
