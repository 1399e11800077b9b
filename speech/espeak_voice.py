"""espeak-ng as a voice: in a thread of its own, resampled, stopped within a piece."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing

from speech import espeak, espeak_voices, threads
from speech.resampling import Resampler

WORDS_PER_MINUTE = 168
MAX_CHARACTERS = 600
"""Longest text of one synthesis, so that none holds the library, of which a process has one, for
long.
"""


class EspeakVoice:
    """Implements ``Voice``. Several may exist; one of them speaks at a time."""

    def __init__(self, voice: str = "") -> None:
        """``voice``: a name that ``espeak_voices`` knows; empty: its default."""
        self._name = voice
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="speech")

    async def prepare(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, espeak.initialise)

    async def say(self, text: str, voice: str = "") -> AsyncGenerator[bytes, None]:
        """See ``Voice``; in pieces of about 60 ms. ``voice``: another one than usual."""
        wanted = voice or self._name
        work = _Synthesis(text[:MAX_CHARACTERS], espeak_voices.resolve(wanted) or wanted)
        async with aclosing(threads.stream(self._thread, work)) as pieces:
            async for piece in pieces:
                yield piece

    async def aclose(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)


class _Synthesis:
    """One text, spoken into a sink."""

    def __init__(self, text: str, voice: str) -> None:
        self._text = text
        self._voice = voice

    def __call__(self, sink: threads.Sink[bytes]) -> None:
        resampler = Resampler(espeak.SAMPLE_RATE)

        def deliver(pcm: bytes) -> bool:
            out = resampler.push(pcm)
            return sink.put(out) if out else not sink.cancelled

        espeak.synthesise(self._text, self._voice, WORDS_PER_MINUTE, deliver, end_pause=True)
        rest = resampler.flush()
        if rest:
            sink.put(rest)
