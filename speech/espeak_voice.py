"""espeak-ng as a voice."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from speech import espeak_voices
from speech.program_voice import ProgramVoice


class EspeakVoice(ProgramVoice):
    """Implements ``Voice``."""

    def __init__(self, voice: str = "") -> None:
        """``voice``: a name that ``espeak_voices`` knows; empty: its default."""
        super().__init__("espeak-ng", "espeak")
        self._name = voice

    def say(self, text: str, voice: str = "") -> AsyncGenerator[bytes, None]:
        """See ``Voice``; in pieces of about 60 ms. ``voice``: another one than usual."""
        wanted = voice or self._name
        return super().say(text, espeak_voices.resolve(wanted) or wanted)
