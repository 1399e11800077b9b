"""Sounds in requests: base64 of a WAV, MP3, FLAC or Ogg file, decoded to what engines hear."""

from __future__ import annotations

import base64
import binascii
import io

import av
import numpy as np

from models.engine import HEARING_RATE
from models.errors import invalid, too_large

MAX_SOUND_BYTES = 8 * 1024 * 1024
MAX_SOUND_SECONDS = 60


def read_sound(data: str, param: str) -> bytes:
    """The sound as 16 kHz mono int16 little endian. Raises ApiError that names ``param``."""
    if len(data) > MAX_SOUND_BYTES * 4 // 3 + 4:
        raise too_large(f"a sound has at most {MAX_SOUND_BYTES} bytes", param, "audio_too_large")
    try:
        encoded = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("the sound is not valid base64", param, "invalid_base64") from None
    try:
        pcm = _decoded(encoded, param)
    except (av.error.FFmpegError, IndexError):
        raise invalid(
            "the data is no sound file such as WAV, MP3, FLAC or Ogg", param, "invalid_audio"
        ) from None
    if not pcm:
        raise invalid("the sound is empty", param, "invalid_audio")
    return pcm


def _decoded(encoded: bytes, param: str) -> bytes:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=HEARING_RATE)
    pcm = bytearray()
    with av.open(io.BytesIO(encoded), "r") as container:
        for frame in container.decode(container.streams.audio[0]):
            for piece in resampler.resample(frame):
                pcm += piece.to_ndarray().astype(np.int16).tobytes()
            if len(pcm) > MAX_SOUND_SECONDS * HEARING_RATE * 2:
                raise too_large(
                    f"a sound has at most {MAX_SOUND_SECONDS} s", param, "audio_too_large"
                )
    for piece in resampler.resample(None):
        pcm += piece.to_ndarray().astype(np.int16).tobytes()
    return bytes(pcm)
