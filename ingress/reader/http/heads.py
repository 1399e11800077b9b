"""Heads of answers as cameras write them, made such that a strict parser takes them."""

from __future__ import annotations

import re

LONGEST = 64 * 1024

_NO_HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace\r\n\r\n"
_END = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(rb"(?:HTTP/(\d\.\d)|ICY|HTTP)[ \t]+(\d{3})([^\r\n]*)")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class HeadMender:
    """Holds back the head of each answer until it is complete, and passes on the rest as it is."""

    def __init__(self) -> None:
        self._held = bytearray()
        self.in_head = False
        self.has_body = False
        """Whether anything came behind the last head."""

    def expect(self) -> None:
        """A request goes out: a head is the next that comes."""
        if not self.in_head:
            self.in_head = True
            self.has_body = False
            self._held.clear()

    def feed(self, data: bytes) -> bytes:
        """What can be passed on; b"" while a head is not complete."""
        if not self.in_head:
            self.has_body = True
            return data
        self._held += data
        passed = b""
        while self.in_head:
            start = len(self._held) - len(self._held.lstrip(b"\r\n"))
            end = _END.search(self._held, start)
            if end is None:
                if len(self._held) > LONGEST:
                    return passed + self.rest()
                return passed
            head, status = _mended(bytes(self._held[start : end.start()]))
            del self._held[: end.end()]
            passed += head
            # 100 Continue and its like are followed by the head that counts.
            self.in_head = status.startswith(b"1") and status != b"101"
        return passed + self.rest()

    def rest(self) -> bytes:
        """What is held back; nothing more is."""
        held = bytes(self._held)
        self.has_body = bool(held)
        self._held.clear()
        self.in_head = False
        return held


def _mended(head: bytes) -> tuple[bytes, bytes]:
    """The head with its empty line, and its status."""
    lines = re.split(rb"\r?\n", head)
    found = _STATUS.match(lines[0])
    if found is None:
        # A stream of parts that begins at once, without a head.
        before = _NO_HEAD if lines[0].startswith(b"--") else b""
        return before + head + b"\r\n\r\n", b""
    reason = _CONTROL.sub(b"", found[3]).strip()
    first = b"HTTP/%s %s %s" % (found[1] or b"1.0", found[2], reason)
    fields: list[tuple[bytes, bytes]] = []
    for line in lines[1:]:
        if line[:1] in (b" ", b"\t") and fields:
            name, value = fields[-1]
            fields[-1] = (name, value + b" " + _CONTROL.sub(b"", line).strip())
            continue
        name, colon, value = line.partition(b":")
        name = name.strip()
        if colon and _TOKEN.fullmatch(name):
            fields.append((name, _CONTROL.sub(b"", value).strip()))
    kept = b"\r\n".join(b"%s: %s" % one for one in _framed(fields))
    return first + b"\r\n" + kept + (b"\r\n\r\n" if kept else b"\r\n"), found[2]


def _framed(fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Without lengths that are none: of a stream without end, wrong ones, second ones."""
    endless = any(
        name.lower() == b"content-type" and b"x-mixed-replace" in value.lower()
        for name, value in fields
    )
    kept: list[tuple[bytes, bytes]] = []
    has_length = endless
    for name, value in fields:
        low = name.lower()
        if low == b"content-length":
            if has_length or not value.isdigit():
                continue
            has_length = True
        if low == b"transfer-encoding" and value.lower() != b"chunked":
            continue
        kept.append((name, value))
    return kept
