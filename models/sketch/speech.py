"""Speech as a stream: espeak-ng in a thread of its own, resampled to the engine API's rate."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing

import av
import numpy as np

from models import threads
from models.engine import SAMPLE_RATE, AudioDelta
from models.sketch import espeak, voices

WORDS_PER_MINUTE = 168
MAX_CHARACTERS = 600
"""Longest text of one synthesis, so that no request holds the thread for long."""


class Resampler:
    """22.05 kHz to 24 kHz, continuous over pieces of any length."""

    def __init__(self) -> None:
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)

    def push(self, pcm: bytes) -> bytes:
        """Whole int16 samples in, what is ready of the result out."""
        samples = np.frombuffer(pcm, dtype=np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = espeak.SAMPLE_RATE
        return self._joined(frame)

    def flush(self) -> bytes:
        """The rest."""
        return self._joined(None)

    def _joined(self, frame: av.AudioFrame | None) -> bytes:
        return b"".join(
            out.to_ndarray().astype("<i2").tobytes() for out in self._resampler.resample(frame)
        )


class Voice:
    """Speaks for many requests, one sentence at a time."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="speech")

    async def say(self, text: str, voice: str) -> AsyncGenerator[AudioDelta, None]:
        """The speech of ``text`` in pieces of about 60 ms; closing the generator stops it.

        Raises:
            EngineError: The voice is unknown or espeak-ng fails.
        """
        name = voices.resolve(voice) or voice
        work = _Synthesis(text[:MAX_CHARACTERS], name)
        async with aclosing(threads.stream(self._thread, work)) as pieces:
            async for piece in pieces:
                yield AudioDelta(piece)

    def close(self) -> None:
        """Let go of the thread without waiting for it."""
        self._thread.shutdown(wait=False, cancel_futures=True)


class _Synthesis:
    """One text, spoken into a sink."""

    def __init__(self, text: str, voice: str) -> None:
        self._text = text
        self._voice = voice

    def __call__(self, sink: threads.Sink[bytes]) -> None:
        resampler = Resampler()

        def deliver(pcm: bytes) -> bool:
            out = resampler.push(pcm)
            return sink.put(out) if out else not sink.cancelled

        espeak.synthesise(self._text, self._voice, WORDS_PER_MINUTE, deliver, end_pause=True)
        rest = resampler.flush()
        if rest:
            sink.put(rest)
