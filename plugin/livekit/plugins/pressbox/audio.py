"""Speech as it comes from an engine, cut into 20 ms frames without the silence around it. Pure.

Silence is judged by the RMS level of a frame against full scale:
``20 * log10(rms / 32768) < -45`` dBFS.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
from livekit import rtc

SAMPLE_RATE = 24_000
"""Hz, mono, int16 little endian: what the engine API carries."""
FRAME_SECONDS = 0.02
FRAME_SAMPLES = int(SAMPLE_RATE * FRAME_SECONDS)
FRAME_BYTES = FRAME_SAMPLES * 2

SILENCE_DBFS = -45.0
LEADING_MAX_SECONDS = 0.6
TRAILING_KEPT_SECONDS = 0.06
HELD_MAX_SECONDS = 1.0
"""A pause longer than this is passed on as it grows, so that it cannot hold back what follows."""

_SILENCE_RMS = 32768.0 * 10 ** (SILENCE_DBFS / 20)
_LEADING_MAX = round(LEADING_MAX_SECONDS / FRAME_SECONDS)
_TRAILING_KEPT = round(TRAILING_KEPT_SECONDS / FRAME_SECONDS)
_HELD_MAX = round(HELD_MAX_SECONDS / FRAME_SECONDS)


def mixed(data: Any, channels: int) -> bytes:
    """Interleaved int16 samples as mono."""
    samples = np.frombuffer(data, dtype="<i2")
    if channels > 1:
        samples = samples.reshape(-1, channels).mean(axis=1).round().astype("<i2")
    return bytes(samples.tobytes())


def is_silent(frame: bytes) -> bool:
    """Whether int16 samples are below the silence level."""
    samples = np.frombuffer(frame, dtype="<i2").astype(np.float64)
    return bool(np.sqrt(np.mean(samples * samples)) < _SILENCE_RMS)


def pause_near(frames: Sequence[bytes], at: int) -> int:
    """How many of these frames to keep so that what is heard ends in a pause near frame ``at``: at
    the most quiet place from 0.4 s before to 0.6 s behind it.
    """
    first, last = max(at - round(0.4 / FRAME_SECONDS), 0), at + round(0.6 / FRAME_SECONDS)
    levels = [np.abs(np.frombuffer(one, "<i2").astype(int)).mean() for one in frames[first:last]]
    return first + int(np.argmin(levels)) + 1 if levels else min(max(at, 0), len(frames))


class FrameCutter:
    """Takes PCM16 bytes in pieces of any size, gives frames of exactly ``FRAME_BYTES``."""

    def __init__(self) -> None:
        self._rest = b""
        self._leading = 0
        self._in_speech = False
        self._held: deque[bytes] = deque()

    def push(self, pcm: bytes) -> list[bytes]:
        """Add bytes (an odd one is carried over); returns the frames that are due."""
        data = self._rest + pcm
        whole = len(data) - len(data) % FRAME_BYTES
        self._rest = data[whole:]
        due: list[bytes] = []
        for start in range(0, whole, FRAME_BYTES):
            due += self._take(data[start : start + FRAME_BYTES])
        return due

    def flush(self) -> list[bytes]:
        """The end of the speech: its last part frame, filled up, and 60 ms of its silence."""
        rest = self._rest[: len(self._rest) & ~1]
        self._rest = b""
        due = self._take(rest.ljust(FRAME_BYTES, b"\0")) if rest else []
        kept = list(self._held)[:_TRAILING_KEPT]
        self._held.clear()
        return due + kept

    def _take(self, frame: bytes) -> list[bytes]:
        silent = is_silent(frame)
        if not self._in_speech:
            if silent and self._leading < _LEADING_MAX:
                self._leading += 1
                return []
            self._in_speech = True
        self._held.append(frame)
        if silent:
            return [self._held.popleft()] if len(self._held) > _HELD_MAX else []
        due = list(self._held)
        self._held.clear()
        return due


class Resampler:
    """Mono int16 of one rate to another, continuous over pieces of any length."""

    def __init__(self, rate: int, wanted: int = SAMPLE_RATE) -> None:
        """Both in Hz; where they are the same, all passes unchanged."""
        self._resampler = None if rate == wanted else rtc.AudioResampler(rate, wanted)

    def push(self, pcm: bytes) -> bytes:
        """Whole int16 samples in, what is ready of the result out."""
        if self._resampler is None or not pcm:
            return pcm
        return _joined(self._resampler.push(bytearray(pcm)))

    def flush(self) -> bytes:
        """The rest."""
        return b"" if self._resampler is None else _joined(self._resampler.flush())


def _joined(frames: list[rtc.AudioFrame]) -> bytes:
    return b"".join(bytes(frame.data) for frame in frames)
