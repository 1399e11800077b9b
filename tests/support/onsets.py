"""Finds when sound begins and ends in a stream of samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ON_DBFS, OFF_DBFS = -40.0, -46.0
"""Sound begins when a block's level rises above ON and goes on until it stays below OFF."""

BLOCK = 0.0025
"""Seconds over which a level is taken."""

HOLD = 0.03
"""Seconds below OFF that end a burst; shorter dips (concealment, a glottal stop) do not."""

SHORTEST = 0.02
"""Seconds; anything shorter is a click."""

_FULL = 32768.0


@dataclass(frozen=True, slots=True)
class Burst:
    """Sound from start to end (s); tone is the mean frequency in Hz, by its zero crossings."""

    start: float
    end: float
    tone: float


@dataclass(slots=True)
class _Open:
    start: float
    end: float
    crossings: int = 0
    crossings_at_end: int = 0


class BurstDetector:
    """Takes mono int16 samples piece by piece and gives each burst when it is over.

    A burst starts at the first sample above ON in its first loud block, and ends behind the last
    sample above OFF. Levels are RMS in dBFS (0 dBFS: a square wave at full scale).
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._block = max(int(rate * BLOCK), 1)
        self._on = _FULL * 10 ** (ON_DBFS / 20)
        self._off = _FULL * 10 ** (OFF_DBFS / 20)
        self._rest: NDArray[np.int16] = np.zeros(0, np.int16)
        self._open: _Open | None = None
        self._last = 0.0

    def push(self, samples: NDArray[np.int16], time: float) -> list[Burst]:
        """Bursts that are over with these samples ((n,) int16), the first of which is at `time`."""
        begin = time - len(self._rest) / self._rate
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) - len(joined) % self._block
        self._rest = joined[whole:]
        found = (
            self._step(joined[i : i + self._block], begin + i / self._rate)
            for i in range(0, whole, self._block)
        )
        return [burst for burst in found if burst]

    def flush(self) -> list[Burst]:
        """The burst that is still going on, as far as it is known."""
        burst = self._close()
        return [burst] if burst else []

    def _step(self, block: NDArray[np.int16], time: float) -> Burst | None:
        level = float(np.sqrt(np.mean(np.square(block, dtype=np.float64))))
        if self._open is None:
            if level > self._on:
                first = int(np.argmax(np.abs(block.astype(np.int32)) > self._on))
                self._open = _Open(start=time + first / self._rate, end=time)
                self._last = 0.0
                self._extend(self._open, block, time)
            return None
        if level > self._off:
            self._extend(self._open, block, time)
            return None
        self._count(self._open, block)
        if time + len(block) / self._rate - self._open.end > HOLD:
            return self._close()
        return None

    def _extend(self, burst: _Open, block: NDArray[np.int16], time: float) -> None:
        self._count(burst, block)
        loud = np.flatnonzero(np.abs(block.astype(np.int32)) > self._off)
        burst.end = time + (int(loud[-1]) + 1 if len(loud) else len(block)) / self._rate
        burst.crossings_at_end = burst.crossings

    def _count(self, burst: _Open, block: NDArray[np.int16]) -> None:
        signs = np.signbit(np.concatenate([[self._last], block.astype(np.float64)]))
        burst.crossings += int(np.count_nonzero(signs[1:] != signs[:-1]))
        self._last = float(block[-1])

    def _close(self) -> Burst | None:
        burst, self._open = self._open, None
        if burst is None or burst.end - burst.start < SHORTEST:
            return None
        tone = burst.crossings_at_end / 2 / (burst.end - burst.start)
        return Burst(burst.start, burst.end, tone)
