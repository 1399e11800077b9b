"""A LiveKit TTS plugin as a voice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from livekit.agents import tts
from livekit.agents.types import APIConnectOptions
from livekit.plugins.pressbox.audio import mixed

from agent.voice import livekit_plugins
from agent.voice.livekit_plugins import PluginError
from speech.resampling import Resampler
from speech.voice import SpeechError

FIRST_SOUND = 4.0
"""Seconds from a text to its first sound: a line that is later than that is worth nothing."""
NEXT_SOUND = 5.0
"""Seconds between two pieces of sound."""

# Not tried again within a line: what was heard of it would be said twice.
_ONCE = APIConnectOptions(max_retry=0, retry_interval=0.0, timeout=FIRST_SOUND)


def load(name: str, options: Mapping[str, Any]) -> tts.TTS[Any]:
    """``livekit.plugins.NAME.TTS(**options)``; call it in the main thread, as LiveKit wants.

    Raises SpeechError, in one line without keys.
    """
    try:
        made: tts.TTS[Any] = livekit_plugins.make(name, "TTS", options)
    except PluginError as error:
        raise SpeechError(str(error)) from None
    return made


class LiveKitVoice:
    """Implements ``speech.voice.Voice`` with any ``tts.TTS``, streaming or not."""

    def __init__(self, engine: tts.TTS[Any], *, options: Mapping[str, Any] | None = None) -> None:
        """``options``: what the plugin was made with; secrets among them stay out of errors."""
        self._tts = engine
        self._name = type(engine).__module__.removeprefix("livekit.plugins.").partition(".")[0]
        self._options = options or {}

    async def prepare(self) -> None:
        try:
            self._tts.prewarm()
        except Exception as error:
            raise _failure(self._name, error, self._options) from None

    async def say(self, text: str) -> AsyncGenerator[bytes, None]:
        """See ``Voice``."""
        resampler: Resampler | None = None
        try:
            async with self._stream(text) as stream:
                limit = FIRST_SOUND
                while (event := await _next(stream, limit)) is not None:
                    frame, limit = event.frame, NEXT_SOUND
                    resampler = resampler or Resampler(frame.sample_rate)
                    yield resampler.push(mixed(frame.data, frame.num_channels))
        except TimeoutError:
            raise SpeechError(f"{self._name} gave no sound in time") from None
        except Exception as error:
            raise _failure(self._name, error, self._options) from None
        if resampler is not None:
            yield resampler.flush()

    async def aclose(self) -> None:
        await self._tts.aclose()

    def _stream(self, text: str) -> tts.ChunkedStream | tts.SynthesizeStream:
        try:
            return self._tts.synthesize(text, conn_options=_ONCE)
        except NotImplementedError:
            stream = self._tts.stream(conn_options=_ONCE)
            stream.push_text(text)
            stream.end_input()
            return stream


async def _next(
    stream: tts.ChunkedStream | tts.SynthesizeStream, limit: float
) -> tts.SynthesizedAudio | None:
    async with asyncio.timeout(limit):
        return await anext(stream, None)


def _failure(name: str, error: Exception, options: Mapping[str, Any]) -> SpeechError:
    return SpeechError(livekit_plugins.told(name, error, options))
