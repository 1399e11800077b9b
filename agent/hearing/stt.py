"""From the setting ``stt`` to who writes down what was said, one utterance at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from livekit import rtc
from livekit.agents import stt
from livekit.agents.types import APIConnectOptions

from agent.hearing.utterance import SAMPLE_RATE
from agent.room.questions.question import MAX_LENGTH, cleaned
from agent.voice import livekit_plugins
from agent.voice.livekit_plugins import PluginError
from speech.whisper import HearingError, Whisper

AUTO, ENGINE, WHISPER = "auto", "engine", "whisper"

LIMIT = 20.0
"""Seconds from an utterance to its text; later than that nobody waits for an answer."""
WAITING = 6
"""Utterances that may wait, with the one that is being written down."""
WAITING_BY_VOICE = 2
"""The same for those that may not be meant for us: the others go first."""

_ONCE = APIConnectOptions(max_retry=1, retry_interval=0.5, timeout=LIMIT / 2)


class Stt(Protocol):
    """Writes down one utterance at a time. Belongs to one event loop."""

    async def prepare(self) -> None:
        """Load what the first utterance would otherwise wait for. Raises HearingError."""

    async def recognise(self, sound: bytes, language: str) -> str:
        """What is said in 16 kHz mono int16, in the language of a BCP 47 tag.

        Raises HearingError.
        """

    async def aclose(self) -> None:
        """Let everything go. Idempotent."""


class LiveKitStt:
    """Implements ``Stt`` with any ``stt.STT`` that takes whole utterances."""

    def __init__(self, made: stt.STT[Any], name: str, options: Mapping[str, Any]) -> None:
        """``options``: what the plugin was made with; secrets among them stay out of errors."""
        self._stt = made
        self._name = name
        self._options = options

    async def prepare(self) -> None:
        if not self._stt.capabilities.offline_recognize:
            raise HearingError(f"{self._name} takes no whole utterances: choose another STT")
        self._stt.prewarm()

    async def recognise(self, sound: bytes, language: str) -> str:
        frame = rtc.AudioFrame(sound, SAMPLE_RATE, 1, len(sound) // 2)
        try:
            event = await self._stt.recognize(frame, language=language, conn_options=_ONCE)
        except Exception as error:
            told = livekit_plugins.told(self._name, error, self._options)
            raise HearingError(told) from None
        return event.alternatives[0].text if event.alternatives else ""

    async def aclose(self) -> None:
        await self._stt.aclose()


class Recogniser:
    """Has utterances written down in turn, and keeps nobody waiting for long."""

    def __init__(self, stt: str = AUTO, options: Mapping[str, Any] | None = None) -> None:
        """`stt`: "auto": an engine that hears, else whisper; "engine": nobody else; "whisper" or
        "whisper:MODEL", a name or a folder; or the name of a LiveKit STT plugin, with its options.
        """
        self._chosen = stt
        self._options = options or {}
        self._stt: Stt | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0

    def writes(self, engine_hears: bool) -> bool:
        """Whether utterances are to be written down, for an engine that hears or not."""
        return self._chosen != ENGINE and not (self._chosen == AUTO and engine_hears)

    def make(self) -> Stt:
        """Call it in the main thread, as LiveKit wants. Raises HearingError."""
        kind, _, model = self._chosen.partition(":")
        if kind in (AUTO, WHISPER):
            return Whisper(model)
        try:
            made = livekit_plugins.make(self._chosen, "STT", self._options)
        except PluginError as error:
            raise HearingError(str(error)) from None
        return LiveKitStt(made, self._chosen, self._options)

    async def prepare(self) -> None:
        """Begin to load; somebody has begun to talk. Raises HearingError."""
        if self._stt is None:
            self._stt = self.make()
        await self._stt.prepare()

    async def text(self, sound: bytes, language: str, *, asked: bool) -> str:
        """One line of what is said in 16 kHz mono int16; `asked`: it is for us, and goes before
        what may not be. Raises HearingError.
        """
        if self._waiting >= (WAITING if asked else WAITING_BY_VOICE):
            raise HearingError("others talk at this moment, please ask again in a while")
        self._waiting += 1
        limit = asyncio.timeout(LIMIT)
        try:
            async with limit, self._turn:
                await self.prepare()
                if self._stt is None:  # closed meanwhile
                    raise HearingError("nobody listens any more")
                text = await self._stt.recognise(sound, language)
                return cleaned(text[:MAX_LENGTH])
        except TimeoutError:
            raise HearingError(f"it took more than {LIMIT:.0f} s to understand it") from None
        finally:
            self._waiting -= 1

    async def aclose(self) -> None:
        """Let everything go. Idempotent."""
        made, self._stt = self._stt, None
        if made is not None:
            await made.aclose()
