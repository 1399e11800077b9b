"""piper as a voice. Voices have licences of their own (``MODEL_CARD``)."""

from __future__ import annotations

from speech import piper_voices
from speech.program_voice import ProgramVoice
from speech.voice import SpeechError


class PiperVoice(ProgramVoice):
    """Implements ``Voice``; a sentence at a time."""

    def __init__(self, voice: str) -> None:
        """``voice``: one that is on this machine, like ``en_US-lessac-medium``.

        Raises SpeechError, which says how to get it.
        """
        if not piper_voices.has_piper():
            raise SpeechError("piper is not installed: make voice-piper")
        super().__init__("piper", "piper", str(piper_voices.find(voice)))
