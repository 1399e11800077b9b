"""What was said to the session last, for an engine that hears: at most 30 s, 16 kHz mono."""

from __future__ import annotations

from collections import deque

from livekit import rtc

from .audio import Resampler, is_silent, mixed

SAMPLE_RATE = 16_000
"""Hz, mono, int16 little endian: what engines hear."""
MAX_SECONDS = 30.0
LEAST_SECONDS = 0.2
"""Seconds below which sound is no question."""

_MOST = int(MAX_SECONDS * SAMPLE_RATE) * 2
_LEAST = int(LEAST_SECONDS * SAMPLE_RATE) * 2


class SpokenQuestion:
    """Sound that comes in, and what of it has been committed as a question."""

    def __init__(self) -> None:
        self._heard: deque[bytes] = deque()
        self._size = 0
        self._committed = b""
        self._rate = 0
        self._resampler: Resampler | None = None

    def push(self, frame: rtc.AudioFrame) -> None:
        """More sound, of any rate and any number of channels. The oldest is forgotten."""
        if self._resampler is None or self._rate != frame.sample_rate:
            self._rate = frame.sample_rate
            self._resampler = Resampler(self._rate, SAMPLE_RATE)
        self._keep(self._resampler.push(mixed(frame.data, frame.num_channels)))

    def commit(self) -> None:
        """What came since the last time is a question."""
        if self._resampler is not None:
            self._keep(self._resampler.flush())
        self._committed = b"".join(self._heard)[-_MOST:]
        self._forget()

    def clear(self) -> None:
        """Forget everything."""
        self._committed = b""
        self._forget()

    def take(self, *, uncommitted: bool = False) -> bytes:
        """The committed question, 16 kHz mono int16 little endian; empty: none, or silence.

        ``uncommitted``: where none was committed, what came since the last one is it.
        """
        if uncommitted and not self._committed:
            self.commit()
        sound, self._committed = self._committed, b""
        return b"" if len(sound) < _LEAST or is_silent(sound) else sound

    def _keep(self, pcm: bytes) -> None:
        self._heard.append(pcm)
        self._size += len(pcm)
        while self._size - len(self._heard[0]) >= _MOST:
            self._size -= len(self._heard.popleft())

    def _forget(self) -> None:
        self._heard.clear()
        self._size = 0
        self._resampler = None
