"""Speech of any sample rate brought to the one that is used here."""

from __future__ import annotations

import av
import numpy as np

from speech.voice import SAMPLE_RATE


class Resampler:
    """Mono int16 of one rate to another, continuous over pieces of any length."""

    def __init__(self, rate: int, wanted: int = SAMPLE_RATE) -> None:
        """Both in Hz; where they are the same, all passes unchanged."""
        self._rate, self._same = rate, rate == wanted
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=wanted)

    def push(self, pcm: bytes) -> bytes:
        """Whole int16 samples in, what is ready of the result out."""
        if self._same or not pcm:
            return pcm
        samples = np.frombuffer(pcm, dtype="<i2").reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = self._rate
        return self._joined(frame)

    def flush(self) -> bytes:
        """The rest."""
        return b"" if self._same else self._joined(None)

    def _joined(self, frame: av.AudioFrame | None) -> bytes:
        return b"".join(
            out.to_ndarray().astype("<i2").tobytes() for out in self._resampler.resample(frame)
        )
