"""Sound for any number of listeners, in step with the clock: 48 kHz mono int16, silence too."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable

import numpy as np
from numpy.typing import NDArray

from config.tasks import Tasks

RATE = 48_000
"""Hz."""
CHUNK = 0.02
"""Seconds that are sent at a time."""
_SAMPLES = round(RATE * CHUNK)
MOST_AHEAD = 0.3
"""Seconds of a voice that may wait: older sound is dropped, or it would be late."""
MOST_BEHIND = 2.0
"""Seconds by which a listener may be behind; then it loses them."""
_START_AFTER = 2
"""Chunks for which a voice that begins is kept back, so that no late packet leaves a hole."""
LATER = _START_AFTER * CHUNK
"""Seconds by which a voice is heard later for that."""
_LOOK_OVER = 50
"""Chunks in which a voice that never has less than twice that waiting has too much."""

Samples = NDArray[np.int16]


class Sound:
    """Mixes the voices of a booth and hands them on. Runs while somebody listens."""

    def __init__(self, on_wanted: Callable[[bool], None] = lambda _: None) -> None:
        """`on_wanted(whether)` is told when the first listener comes and when the last has left."""
        self._on_wanted = on_wanted
        self._voices: dict[str, _Voice] = {}
        self._listeners: set[asyncio.Queue[bytes]] = set()
        self._tasks = Tasks(lambda _: None)
        self._ticking: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many there are."""
        return len(self._listeners)

    @property
    def behind(self) -> float:
        """Seconds from a push until it is heard: so long must pictures wait. 0: nobody listens."""
        waiting = max((one.length for one in self._voices.values()), default=0)
        return waiting / RATE + CHUNK if waiting else 0.0

    def push(self, voice: str, samples: Samples) -> None:
        """What that voice ("commentary", "original") says now: (n,) at RATE."""
        if self._listeners:
            self._voices.setdefault(voice, _Voice()).push(samples)

    async def listen(self) -> AsyncGenerator[bytes, None]:
        """PCM s16le in chunks of CHUNK seconds, as fast as the clock, until `aclose`. To be closed
        by whoever leaves before.
        """
        if self._closed:
            return
        queue: asyncio.Queue[bytes] = asyncio.Queue(round(MOST_BEHIND / CHUNK))
        self._listeners.add(queue)
        if self._ticking is None:
            self._ticking = self._tasks.keep("the sound", self._tick)
            self._on_wanted(True)
        try:
            while chunk := await queue.get():
                yield chunk
        finally:
            self._listeners.discard(queue)
            if not self._listeners:
                self._stop()

    async def aclose(self) -> None:
        """End it for all who listen. Idempotent."""
        self._closed = True
        for queue in self._listeners:
            _put(queue, b"")
        self._stop()
        await self._tasks.aclose()

    def _stop(self) -> None:
        self._voices.clear()
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
                _put(queue, chunk)

    def _mixed(self) -> bytes:
        total = np.zeros(_SAMPLES, np.int32)
        for voice in self._voices.values():
            taken = voice.take()
            total[: len(taken)] += taken
        return np.clip(total, -32768, 32767).astype("<i2").tobytes()


class _Voice:
    """What one voice has said and nobody has heard yet."""

    def __init__(self) -> None:
        self._parts: deque[Samples] = deque()
        self.length = 0
        self._kept_back = 0
        self._least, self._looks = 0, 0

    def push(self, samples: Samples) -> None:
        self._parts.append(samples)
        self.length += len(samples)
        self._drop(self.length - round(MOST_AHEAD * RATE))

    def take(self) -> Samples:
        """A chunk, or less of one where there is no more."""
        if not self.length:
            self._kept_back, self._looks = 0, 0
            return np.zeros(0, np.int16)
        if self._kept_back < _START_AFTER:
            self._kept_back += 1
            return np.zeros(0, np.int16)
        taken = self._cut(_SAMPLES)
        if len(taken) < _SAMPLES:
            self._kept_back = 0
        self._look()
        return taken

    def _look(self) -> None:
        """Another clock than ours, or a hitch, must not leave it late for ever."""
        self._least = min(self._least, self.length) if self._looks else self.length
        self._looks += 1
        if self._looks == _LOOK_OVER:
            self._looks = 0
            if self._least > 2 * _START_AFTER * _SAMPLES:
                self._drop(self._least - _START_AFTER * _SAMPLES)

    def _drop(self, count: int) -> None:
        if count > 0:
            self._cut(count)

    def _cut(self, count: int) -> Samples:
        """The oldest samples, at most `count`."""
        parts: list[Samples] = []
        while count and self._parts:
            part = self._parts.popleft()
            if len(part) > count:
                self._parts.appendleft(part[count:])
                part = part[:count]
            parts.append(part)
            count -= len(part)
            self.length -= len(part)
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)


def _put(queue: asyncio.Queue[bytes], chunk: bytes) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
    queue.put_nowait(chunk)
