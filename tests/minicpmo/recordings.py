"""Recordings that serve as voices, or do not."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def speechlike(seconds: float, rate: int = 16_000, seed: int = 1) -> NDArray[np.float32]:
    """A buzz with syllables: float32 in [-1, 1]."""
    at = np.arange(int(seconds * rate)) / rate
    pitch = 110 + 15 * seed
    buzz = sum(np.sin(2 * np.pi * pitch * n * at) / n for n in range(1, 8))
    syllables = 0.5 + 0.5 * np.sin(2 * np.pi * 4 * at)
    return np.asarray(0.2 * buzz * syllables, np.float32)


def write_wav(
    file: Path, samples: NDArray[np.float32], rate: int = 16_000, channels: int = 1
) -> Path:
    """16-bit PCM, the same on every channel."""
    pcm = np.repeat((np.clip(samples, -1, 1) * 32767).astype("<i2"), channels)
    with wave.open(str(file), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(pcm.tobytes())
    return file


def write_float_wav(file: Path, samples: NDArray[np.float32], rate: int = 16_000) -> Path:
    """32-bit float, which can hold what is no number."""
    data = samples.astype("<f4").tobytes()
    header = b"WAVEfmt " + (16).to_bytes(4, "little") + (3).to_bytes(2, "little")
    header += (1).to_bytes(2, "little") + rate.to_bytes(4, "little")
    header += (rate * 4).to_bytes(4, "little") + (4).to_bytes(2, "little")
    header += (32).to_bytes(2, "little") + b"data" + len(data).to_bytes(4, "little")
    file.write_bytes(b"RIFF" + (len(header) + len(data)).to_bytes(4, "little") + header + data)
    return file
