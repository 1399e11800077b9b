"""Sound as engines send it, made into what the plugin plays: 24 kHz mono int16 little endian. Pure.

Pieces may be bare samples or carry a WAV header each (vLLM-Omni, SGLang-Omni), or only the first
one does. Other rates, sample types and channels are converted as one stream, so that nothing is
heard where two pieces meet.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from agent.commentator.engine.chunks import GarbageError
from agent.commentator.voice.audio import SAMPLE_RATE

MAX_RATE = 192_000
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """How samples are written: Hz, channels, bits a sample, whether they are floating point."""

    rate: int = SAMPLE_RATE
    channels: int = 1
    bits: int = 16
    floating: bool = False


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
    widths = {_PCM: (16, 24, 32), _FLOAT: (32, 64)}.get(tag, ())
    if bits not in widths or not 1 <= channels <= 8 or not 4_000 <= rate <= MAX_RATE:
        raise GarbageError(f"its WAV sound is of a kind that is not known ({tag}, {bits} bit)")
    return SoundFormat(rate, channels, bits, tag == _FLOAT)


class SoundReader:
    """Takes the sound of one answer piece by piece."""

    def __init__(self) -> None:
        self._format = NATIVE
        self._rest = b""
        self._resampler: av.AudioResampler | None = None

    def push(self, data: bytes) -> bytes:
        """One piece as it came; returns what of it can be played. Raises GarbageError."""
        done = b""
        if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
            form, data = split_wav(data)
            if form != self._format:
                done = self.flush()
                self._format = form
        return done + (data if self._format == NATIVE else self._converted(data))

    def flush(self) -> bytes:
        """What was still held back, at the end of the answer."""
        self._rest = b""
        resampler, self._resampler = self._resampler, None
        return _bytes(resampler.resample(None)) if resampler is not None else b""

    def _converted(self, data: bytes) -> bytes:
        width = self._format.channels * self._format.bits // 8
        data = self._rest + data
        whole = len(data) - len(data) % width
        self._rest = data[whole:]
        if not whole:
            return b""
        mono = _mono(data[:whole], self._format)
        if self._format.rate == SAMPLE_RATE:
            return _int16(mono)
        if self._resampler is None:
            self._resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        frame = av.AudioFrame.from_ndarray(mono[np.newaxis], format="flt", layout="mono")
        frame.sample_rate = self._format.rate
        return _bytes(self._resampler.resample(frame))


def _mono(data: bytes, form: SoundFormat) -> NDArray[np.float32]:
    """Samples of any known kind as float32 (n,) in [-1, 1], channels averaged."""
    samples = _samples(data, form).reshape(-1, form.channels)
    mixed: NDArray[np.float64] = np.nan_to_num(samples.mean(axis=1), posinf=1.0, neginf=-1.0)
    return mixed.astype(np.float32)


def _samples(data: bytes, form: SoundFormat) -> NDArray[np.float64]:
    if form.floating:
        return np.frombuffer(data, "<f4" if form.bits == 32 else "<f8").astype(np.float64)
    if form.bits == 24:
        triples = np.frombuffer(data, np.uint8).reshape(-1, 3)
        padded = np.concatenate([np.zeros((len(triples), 1), np.uint8), triples], axis=1)
        data, bits = padded.tobytes(), 32
    else:
        bits = form.bits
    whole = np.frombuffer(data, "<i2" if bits == 16 else "<i4")
    return whole.astype(np.float64) / 2.0 ** (bits - 1)


def _int16(mono: NDArray[np.float32]) -> bytes:
    return np.clip(np.rint(mono * 32768), -32768, 32767).astype("<i2").tobytes()


def _bytes(frames: Sequence[av.AudioFrame]) -> bytes:
    arrays = [frame.to_ndarray().reshape(-1).astype(np.float32) for frame in frames]
    return b"".join(_int16(array) for array in arrays)
