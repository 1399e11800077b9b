"""Sound for any number of listeners, in step with the clock: 48 kHz mono int16, silence too."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
"""Hz."""
CHUNK = 0.02
"""Seconds that are sent at a time."""
_SAMPLES = round(RATE * CHUNK)
MOST_AHEAD = 0.3
"""Seconds of a voice that may wait: older sound is dropped, or it would be late."""
MOST_BEHIND = 2.0
"""Seconds by which a listener may be behind; then it loses the oldest."""

Samples = NDArray[np.int16]


class Sound:
    """Mixes the voices of a booth and hands them on. Runs while somebody listens."""

    def __init__(self, on_wanted: Callable[[bool], None] = lambda _: None) -> None:
        """`on_wanted(whether)` is told when the first listener comes and when the last has left."""
        self._on_wanted = on_wanted
        self._waiting: dict[str, deque[Samples]] = {}
        self._listeners: set[asyncio.Queue[bytes]] = set()
        self._ticking: asyncio.Task[None] | None = None

    def push(self, voice: str, samples: Samples) -> None:
        """What that voice ("commentary", "original") says now: (n,) at RATE."""
        if not self._listeners:
            return
        waiting = self._waiting.setdefault(voice, deque())
        waiting.append(samples)
        while sum(map(len, waiting)) > MOST_AHEAD * RATE:
            waiting.popleft()

    async def listen(self) -> AsyncIterator[bytes]:
        """PCM s16le in chunks of CHUNK seconds, for ever, as fast as the clock."""
        queue: asyncio.Queue[bytes] = asyncio.Queue(round(MOST_BEHIND / CHUNK))
        self._listeners.add(queue)
        if len(self._listeners) == 1:
            self._on_wanted(True)
            self._ticking = asyncio.create_task(self._tick(), name="web.sound")
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.discard(queue)
            if not self._listeners:
                self._stop()

    async def aclose(self) -> None:
        """Stop. Idempotent."""
        ticking = self._ticking
        self._listeners.clear()
        self._stop()
        if ticking is not None:
            await asyncio.wait({ticking})

    def _stop(self) -> None:
        self._waiting.clear()
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None
            self._on_wanted(False)

    async def _tick(self) -> None:
        due = time.monotonic()
        while True:
            due = max(due + CHUNK, time.monotonic() - MOST_AHEAD)
            await asyncio.sleep(due - time.monotonic())
            chunk = self._mixed()
            for queue in self._listeners:
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(chunk)

    def _mixed(self) -> bytes:
        total = np.zeros(_SAMPLES, np.int32)
        for waiting in self._waiting.values():
            at = 0
            while waiting and at < _SAMPLES:
                part = waiting.popleft()
                taken = part[: _SAMPLES - at]
                total[at : at + len(taken)] += taken
                at += len(taken)
                if len(taken) < len(part):
                    waiting.appendleft(part[len(taken) :])
        return np.clip(total, -32768, 32767).astype("<i2").tobytes()
