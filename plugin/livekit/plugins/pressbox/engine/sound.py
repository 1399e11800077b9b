"""Sound as engines send it, made into what the plugin plays: 24 kHz mono int16 little endian. Pure.

Pieces may be bare samples or carry a WAV header each (vLLM-Omni, SGLang-Omni), or only the first
one does. Other rates, sample types and channels are converted as one stream, so that nothing is
heard where two pieces meet.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from ..audio import SAMPLE_RATE, Resampler
from .chunks import GarbageError

MAX_RATE = 192_000
_EXTENSIBLE = 0xFFFE
_SAMPLES = {(1, 16): "<i2", (1, 32): "<i4", (3, 32): "<f4", (3, 64): "<f8"}
"""numpy's types, by WAV's format tag and bits a sample."""


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """How samples are written: Hz, channels, numpy's type."""

    rate: int = SAMPLE_RATE
    channels: int = 1
    samples: str = "<i2"


NATIVE = SoundFormat()


def split_wav(data: bytes) -> tuple[SoundFormat, bytes]:
    """Format and samples of a WAV file, whose ``data`` chunk may promise more than is there.

    Raises GarbageError when it is none that can be read.
    """
    form, at = None, 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"fmt ":
            form = _format(data[at + 8 : at + 8 + size])
        elif name == b"data" and form is not None:
            return form, data[at + 8 : at + 8 + size] if size else data[at + 8 :]
        at += 8 + size + size % 2
    raise GarbageError("its WAV sound has no format or no samples")


def _format(chunk: bytes) -> SoundFormat:
    if len(chunk) < 16:
        raise GarbageError("its WAV header is too short")
    tag, channels, rate, _, _, bits = struct.unpack("<HHIIHH", chunk[:16])
    if tag == _EXTENSIBLE and len(chunk) >= 26:
        tag = int.from_bytes(chunk[24:26], "little")
    samples = _SAMPLES.get((tag, bits))
    if samples is None or not 1 <= channels <= 8 or not 4_000 <= rate <= MAX_RATE:
        raise GarbageError(f"its WAV sound is of a kind that is not known ({tag}, {bits} bit)")
    return SoundFormat(rate, channels, samples)


class SoundReader:
    """Takes the sound of one answer piece by piece."""

    def __init__(self) -> None:
        self._format = NATIVE
        self._rest = b""
        self._resampler = Resampler(SAMPLE_RATE)

    def push(self, data: bytes) -> bytes:
        """One piece as it came; returns what of it can be played. Raises GarbageError."""
        done = b""
        if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
            form, data = split_wav(data)
            if form != self._format:
                done = self.flush()
                self._format, self._resampler = form, Resampler(form.rate)
        if self._format == NATIVE:
            return done + data
        data = self._rest + data
        whole = len(data) - len(data) % (
            self._format.channels * np.dtype(self._format.samples).itemsize
        )
        self._rest = data[whole:]
        return done + self._resampler.push(_mono(data[:whole], self._format))

    def flush(self) -> bytes:
        """What was still held back, at the end of the answer."""
        self._rest = b""
        return self._resampler.flush()


def _mono(data: bytes, form: SoundFormat) -> bytes:
    """Samples of any known kind as int16, channels averaged; what is no number is silence."""
    raw = np.frombuffer(data, form.samples)
    full = 1.0 if raw.dtype.kind == "f" else 2.0 ** (8 * raw.dtype.itemsize - 1)
    mixed = (raw.astype(np.float64) / full).reshape(-1, form.channels).mean(axis=1)
    level = np.nan_to_num(mixed, posinf=1.0, neginf=-1.0) * 32768
    return bytes(np.clip(np.rint(level), -32768, 32767).astype("<i2").tobytes())
