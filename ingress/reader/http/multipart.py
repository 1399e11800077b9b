"""MJPEG over HTTP: JPEG pictures out of a stream of bytes, whatever stands between them.

Cameras differ in all that multipart/x-mixed-replace leaves open, and break what it does not: the
boundary of the header is not the one of the body, lengths are wrong or missing, lines end in LF.
So boundaries are not relied upon. A picture begins where JPEG begins and ends where its markers
say; what stands before it is searched for the headers of its part.
"""

from __future__ import annotations

import re

from ingress.reader.http.jpeg import END, START, PictureEnd

LONGEST_PICTURE = 16 * 1024 * 1024
LONGEST_HEAD = 8 * 1024

_HEAD = re.compile(
    rb"(?:\A|\n)[^\S\n]*(--[^\r\n]*|[A-Za-z][A-Za-z0-9-]*[ \t]*:[^\r\n]*)"
    rb"(?:\r?\n[A-Za-z][A-Za-z0-9-]*[ \t]*:[^\r\n]*)*\r?\n"
)
_LINE = re.compile(rb"(?:\A|\n)([A-Za-z][A-Za-z0-9-]*)[ \t]*:[ \t]*([^\r\n]*)")
_BOUNDARY = re.compile(rb"\r?\n?--[^\r\n]{0,200}\r?\n")


class JpegParser:
    """Bytes in, pictures out. Holds one picture of at most LONGEST_PICTURE bytes and a head.

    broken: pictures that were left out because they were cut or too long.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._picture: PictureEnd | None = None
        self._length: int | None = None
        self._searched = 0
        self._foreign = 0
        """Bytes that still belong to the part before, as its length says."""
        self._complete = 0
        self._exact = False
        """The last length was right: the next picture need not be searched for its end."""
        self.passed = 0
        """Bytes without a picture since the last one."""
        self.broken = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The pictures that these bytes complete, in order."""
        self._buffer += data
        found = list[bytes]()
        while True:
            if self._picture is None and not self._begins():
                return found
            one, again = self._ends()
            if one is not None:
                self._complete += 1
                self.passed = 0
                found.append(one)
            if not again:
                return found

    def _begins(self) -> bool:
        """Looks for the start of a picture and moves it to the front of the buffer."""
        while True:
            start = self._buffer.find(START, self._searched)
            if start < 0:
                self._forget()
                return False
            before = bytes(self._buffer[max(0, start - LONGEST_HEAD) : start])
            headers, after_head = _head(before)
            gap = len(before) - after_head if headers is not None else start
            if self._is_foreign(headers, gap, start):
                self._searched = start + 1
                continue
            self._length = _length(headers or {})
            self._drop(start)
            self._picture = PictureEnd(0)
            return True

    def _is_foreign(self, headers: dict[str, str] | None, gap: int, start: int) -> bool:
        """Whether what looks like a picture lies inside something else: a part that is none, or
        what follows a picture within its part.
        """
        if headers is None:
            return start < self._foreign
        foreign = _foreign(headers)
        self._foreign = start - gap + foreign
        return gap < foreign

    def _ends(self) -> tuple[bytes | None, bool]:
        """The picture that lies at the front, if it is complete, and whether to go on."""
        picture = self._picture
        if picture is None:
            return None, False
        said = self._length
        if self._exact and said is not None and said >= 4:
            if len(self._buffer) < said <= LONGEST_PICTURE:
                return None, False
            if self._buffer[said - 2 : said] == END:
                return self._taken(said, 0), True
        end = picture.find(self._buffer)
        if end is not None and not picture.cut:
            return self._taken(end, max(0, (said or 0) - end)), True
        if said is not None and 4 <= said <= len(self._buffer):
            # Without an end of its own, or with one that its markers do not lead to.
            if self._buffer[said - 2 : said] == END:
                return self._taken(said, 0), True
            if picture.has_scan and _BOUNDARY.match(self._buffer, said):
                return self._taken(said, 0, END), True
        if end is not None:
            return self._cut(end), True
        if len(self._buffer) > LONGEST_PICTURE:
            self.broken += 1
            self._picture = None
            self._searched = 2
            return None, True
        return None, False

    def _cut(self, following: int) -> bytes | None:
        """A picture without an end. Some cameras never send one; with others it is torn."""
        text = bytes(self._buffer[max(0, following - LONGEST_HEAD) : following])
        boundary = text.rfind(b"\r\n--")
        boundary = text.rfind(b"\n--") if boundary < 0 else boundary
        end = following - len(text) + boundary if boundary >= 0 else following
        whole = self._complete == 0 and self._picture is not None and self._picture.has_scan
        if whole and boundary >= 0:
            one = self._taken(end, 0, END)
            self._complete -= 1  # it proves nothing about the next one
            return one
        self.broken += 1
        self._picture = None
        self._drop(end)
        return None

    def _taken(self, end: int, foreign: int, tail: bytes = b"") -> bytes:
        one = bytes(self._buffer[:end]) + tail
        self._exact = end == self._length
        self._picture = None
        self._drop(end)
        self._foreign = foreign
        return one

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._foreign = max(0, self._foreign - count)
        self._searched = 0

    def _forget(self) -> None:
        """Keeps what may be a head, or the first bytes of a picture."""
        spare = len(self._buffer) - LONGEST_HEAD
        if spare > LONGEST_HEAD:
            headers, after = _head(bytes(self._buffer))
            if headers is not None:
                self._foreign = after + _foreign(headers)
            self.passed += spare
            self._drop(spare)
        self._searched = max(0, len(self._buffer) - len(START) + 1)


def _length(headers: dict[str, str]) -> int | None:
    said = headers.get("content-length", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def _foreign(headers: dict[str, str]) -> int:
    """Bytes after such a head that hold no picture, whatever they look like."""
    kind = headers.get("content-type", "image/jpeg").partition(";")[0].strip().lower()
    if kind.startswith(("image/", "application/octet-stream", "video/", "multipart/")):
        return 0
    length = _length(headers)
    return LONGEST_PICTURE if length is None else length


def _head(text: bytes) -> tuple[dict[str, str] | None, int]:
    """The last head in this text, None where there is none, and the index after it."""
    found = list(_HEAD.finditer(text))
    last = found[-1] if found else None
    if last is None:
        return None, 0
    headers = {
        name.decode("ascii").lower(): value.decode("latin-1").strip()
        for name, value in _LINE.findall(last[0])
    }
    blank = re.compile(rb"[\r\n]*").match(text, last.end())
    return headers, blank.end() if blank else last.end()
