"""A voice that follows a script, and the choice that makes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from gated_engine import tone

from agent.voice.choice import VoiceChoice
from speech.voice import SpeechError, Voice


@dataclass
class ScriptedVoice:
    """Says 0.2 s of tone a text. `failing`: texts at which it fails; `gate`: what it waits for
    before each text; `half`: before the second half of it.
    """

    failing: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    gate: asyncio.Event | None = None
    half: asyncio.Event | None = None
    said: list[str] = field(default_factory=list)
    open: int = 0
    stopped: int = 0
    closed: bool = False
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def prepare(self) -> None:
        """Nothing to load."""

    async def say(self, text: str) -> AsyncGenerator[bytes, None]:
        assert self.open == 0, "one text at a time"
        self.said.append(text)
        self.open += 1
        self.begun.set()
        try:
            if self.gate is not None:
                await self.gate.wait()
            if text in self.failing:
                raise SpeechError("no breath")
            if text not in self.silent:
                pcm = tone(0.2)
                yield pcm[:4800]
                if self.half is not None:
                    await self.half.wait()
                yield pcm[4800:]
        except (asyncio.CancelledError, GeneratorExit):
            self.stopped += 1
            raise
        finally:
            self.open -= 1

    async def aclose(self) -> None:
        self.closed = True


@dataclass(frozen=True)
class Choice(VoiceChoice):
    """Gives this voice, or fails with a text, for whatever the setting says."""

    voice: Voice | str = ""
    made_for: list[tuple[str, str]] = field(default_factory=list)

    def make(self, language: str, voice: str) -> Voice:
        self.made_for.append((language, voice))
        if isinstance(self.voice, str):
            raise SpeechError(self.voice)
        return self.voice
