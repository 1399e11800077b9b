"""From the setting ``tts`` to a voice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from livekit.agents import tts

from agent.voice import livekit_voice
from agent.voice.livekit_voice import LiveKitVoice
from speech import espeak_voices, piper_voices
from speech.espeak_voice import EspeakVoice
from speech.piper_voice import PiperVoice
from speech.voice import Voice

AUTO, ENGINE, ESPEAK, PIPER = "auto", "engine", "espeak", "piper"


@dataclass(frozen=True, slots=True)
class VoiceChoice:
    """Who speaks.

    Attributes:
        tts: "auto": the engine; for one without speech piper, where it has a voice for the language
            here, else espeak-ng; "engine": nobody else; "espeak"; "piper" or "piper:VOICE"; the
            name of a LiveKit TTS plugin; or a ``tts.TTS``, which stays yours to close.
        tts_options: Arguments of that plugin.
    """

    tts: str | tts.TTS[Any] = AUTO
    tts_options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def may_speak(self) -> bool:
        """Whether anybody but the engine may."""
        return self.tts != ENGINE

    @property
    def always_speaks(self) -> bool:
        """Whether the engine never does."""
        return self.tts not in (AUTO, ENGINE)

    def depends_on(self, language: str, voice: str) -> tuple[str, str]:
        """Two wishes that give the same here are served by the same voice."""
        local = isinstance(self.tts, str) and self.tts in (AUTO, ESPEAK, PIPER)
        return (language, voice) if local else ("", "")

    def make(self, language: str, voice: str) -> Voice:
        """The voice for a BCP 47 tag, or ``voice`` where it is one of its own.

        Raises SpeechError when it cannot be had.
        """
        if not isinstance(self.tts, str):
            return _Borrowed(self.tts)
        kind, _, name = self.tts.partition(":")
        if not name and voice in piper_voices.installed():
            name = voice
        if kind == PIPER:
            return PiperVoice(name or piper_voices.for_language(language))
        known = voice and espeak_voices.resolve(voice)
        if kind == AUTO and (found := name or ("" if known else piper_voices.fitting(language))):
            return PiperVoice(found)
        if kind in (AUTO, ESPEAK):
            return EspeakVoice(voice if known else espeak_voices.for_language(language))
        engine = livekit_voice.load(self.tts, self.tts_options)
        return LiveKitVoice(engine, options=self.tts_options)


class _Borrowed(LiveKitVoice):
    """A TTS that somebody else closes."""

    async def aclose(self) -> None:
        """Nothing to let go of."""
