"""Heads of answers as cameras write them, made such that a strict parser takes them."""

from __future__ import annotations

import re
from collections.abc import Callable

LONGEST = 64 * 1024

_NO_HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace\r\n\r\n"
_END = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(rb"(?:HTTP/(\d\.\d)|ICY|HTTP)[ \t]+(\d{3})([^\r\n]*)")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def read_head(receive: Callable[[], bytes]) -> tuple[bytes, bytes]:
    """The next head, mended, and what came behind it. receive: gives more, b"" at the end.

    What has no head within LONGEST bytes comes as it is.
    """
    held, passed, searched = bytearray(), b"", 0
    while len(held) <= LONGEST:
        if (end := _END.search(held, searched)) is None:
            if not (data := receive()):
                break
            searched = max(0, len(held) - 3)
            held += data
            while held.startswith((b"\r", b"\n")):
                del held[0]
            continue
        head, status = _mended(bytes(held[: end.start()]))
        del held[: end.end()]
        passed, searched = passed + head, 0
        # 100 Continue and its like are followed by the head that counts.
        if not status.startswith(b"1") or status == b"101":
            break
    return passed, bytes(held)


def _mended(head: bytes) -> tuple[bytes, bytes]:
    """The head with its empty line, and its status."""
    first, *lines = re.split(rb"\r?\n", head)
    found = _STATUS.match(first)
    if found is None:
        # A stream of parts that begins at once, without a head.
        before = _NO_HEAD if first.startswith(b"--") else b""
        return before + head + b"\r\n\r\n", b""
    reason = _CONTROL.sub(b"", found[3]).strip()
    made = [b"HTTP/%s %s %s" % (found[1] or b"1.0", found[2], reason)]
    fields: list[tuple[bytes, bytes]] = []
    for line in lines:
        name, colon, value = (_CONTROL.sub(b"", one).strip() for one in line.partition(b":"))
        if line[:1] in (b" ", b"\t") and fields:
            last, begun = fields.pop()
            fields.append((last, begun + b" " + _CONTROL.sub(b"", line).strip()))
        elif colon and _TOKEN.fullmatch(name):
            fields.append((name, value))
    made += [b"%s: %s" % one for one in _framed(fields)]
    return b"\r\n".join([*made, b"", b""]), found[2]


def _framed(fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Without lengths that are none: of a stream without end, wrong ones, second ones."""
    has_length = any(
        name.lower() == b"content-type" and b"x-mixed-replace" in value.lower()
        for name, value in fields
    )
    kept = []
    for name, value in fields:
        low = name.lower()
        if low == b"content-length":
            if has_length or not value.isdigit():
                continue
            has_length = True
        if low != b"transfer-encoding" or value.lower() == b"chunked":
            kept.append((name, value))
    return kept
