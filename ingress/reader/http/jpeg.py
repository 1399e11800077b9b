"""Finds where a JPEG picture ends, marker by marker."""

from __future__ import annotations

import re

START = b"\xff\xd8\xff"
END = b"\xff\xd9"

_MARKER = re.compile(rb"\xff+([^\xff])")
_IN_SCAN = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
"""The next marker in coded data; stuffed bytes and restarts are none."""
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})


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
