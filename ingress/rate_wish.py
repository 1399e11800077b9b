"""When a wish of WebRTC for another bitrate is worth passing on. Pure."""

from __future__ import annotations

LEAST = 150_000
STEP = 0.25
"""A wish counts from a quarter on: each costs a key frame."""


class RateWish:
    """ceiling: what an encoder is asked for at most, in bits a second."""

    def __init__(self, ceiling: int) -> None:
        self._ceiling = ceiling
        self._asked = ceiling

    def reset(self) -> None:
        """A new track begins at the ceiling."""
        self._asked = self._ceiling

    def wanted(self, target: int) -> int:
        """The bitrate to ask for now that WebRTC aims at `target`; 0 for as it is."""
        if target <= 0:
            return 0
        wanted = max(min(target, self._ceiling), LEAST)
        if abs(wanted - self._asked) <= STEP * self._asked:
            return 0
        self._asked = wanted
        return wanted
