"""The sketch engine's voice: espeak-ng, in the engine's own terms."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from models.engine import AudioDelta, EngineError
from speech.espeak_voice import EspeakVoice
from speech.voice import SpeechError


async def spoken(espeak: EspeakVoice, text: str, voice: str) -> AsyncGenerator[AudioDelta, None]:
    """The speech of ``text`` as it is made; closing the generator stops it.

    Raises:
        EngineError: The voice is unknown or espeak-ng fails.
    """
    try:
        async with aclosing(espeak.say(text, voice)) as pieces:
            async for piece in pieces:
                yield AudioDelta(piece)
    except SpeechError as error:
        raise EngineError(str(error)) from None
