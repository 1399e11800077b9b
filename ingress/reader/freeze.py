"""Notices a picture that does not change: a camera that hangs and goes on sending."""

from __future__ import annotations

WIDTH, HEIGHT = 64, 36
"""Of the small pictures to compare, pixels. One of them covers 20 x 20 of 720p, so that noise
averages out, and a clock in the corner does not."""

SAME = 2
"""Grey levels by which one pixel of the same picture may differ, encoded anew."""

AFTER = 10.0
"""Seconds without a change that are worth telling."""

LEAST = 4
"""Pictures without a change that are: of a source with one every 20 s, two say little."""


class Freeze:
    """Compares each picture with the first of those that look like it."""

    def __init__(self) -> None:
        self._first = b""
        self._since = 0.0
        self._now = 0.0
        self._count = 0

    @property
    def frozen_since(self) -> float:
        """Monotonic seconds since when the picture has not changed; 0 for not."""
        frozen = self._count >= LEAST and self._now - self._since >= AFTER
        return self._since if frozen else 0.0

    def see(self, luma: bytes, now: float) -> None:
        """Takes the luma plane of a small picture, row by row, shown at `now` (monotonic s)."""
        self._now = now
        if not _same(luma, self._first):
            self._first, self._since, self._count = luma, now, 0
        self._count += 1


def _same(one: bytes, other: bytes) -> bool:
    if one == other:
        return True
    if len(one) != len(other):
        return False
    return all(-SAME <= a - b <= SAME for a, b in zip(one, other, strict=True))
