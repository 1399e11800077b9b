"""WAV files. Pure."""

from __future__ import annotations

import io
import wave


def wav(pcm: bytes, rate: int) -> bytes:
    """A WAV file of mono int16 samples, little endian, at ``rate`` Hz."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return out.getvalue()
