"""The sound of the source goes down while the commentary speaks. Pure."""

from __future__ import annotations

import numpy as np

from web.sound import Samples

LOWERED = 0.25
"""-12 dB."""
SPEAKS = 328
"""Peak, -40 dBFS, from which on somebody speaks."""
PAUSE = 0.6
"""Seconds of silence that still belong to speech."""


class Ducking:
    """Times are `time.monotonic()` seconds."""

    def __init__(self) -> None:
        self._spoke = float("-inf")
        self._gain = 1.0

    def heard(self, commentary: Samples, now: float) -> None:
        """That was said."""
        if len(commentary) and int(np.abs(commentary.astype(np.int32)).max()) > SPEAKS:
            self._spoke = now

    def lowered(self, original: Samples, now: float) -> Samples:
        """What is to be heard of that; the level changes over a piece, so that nothing clicks."""
        before, self._gain = self._gain, LOWERED if now - self._spoke < PAUSE else 1.0
        if before == self._gain == 1.0:
            return original
        gains = np.linspace(before, self._gain, len(original))
        return (original * gains).astype(np.int16)
