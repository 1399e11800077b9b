"""When each sample of a received track was delivered, without the jitter of our event loop."""

from __future__ import annotations

from collections import deque

SPAN = 1.0
"""Seconds over which the least delayed piece decides."""

GAP = 0.25
"""Seconds without a piece after which the track is taken to have stopped and begun again."""


class SampleClock:
    """Maps pieces of sound to time.

    WebRTC hands out a piece every 10 ms by its own clock; our loop may take it later, never
    earlier. So the earliest arrival in relation to the samples counted, over the last SPAN seconds,
    is the true one.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._position = 0
        self._offsets: deque[tuple[float, float]] = deque()

    def place(self, samples: int, arrival: float) -> float:
        """Time (s) of the first of this many samples, which arrived at `arrival` (s)."""
        counted = self._position / self._rate
        offset = arrival - counted
        if self._offsets and offset > min(self._offsets)[0] + GAP:
            self._offsets.clear()
        while self._offsets and self._offsets[0][1] < arrival - SPAN:
            self._offsets.popleft()
        self._offsets.append((offset, arrival))
        self._position += samples
        return counted + min(self._offsets)[0]
