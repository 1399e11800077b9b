"""The sketch engine: looks, chooses its words, speaks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from itertools import accumulate

import cv2
import numpy as np

from models.engine import (
    AudioDelta,
    Delta,
    EngineError,
    EngineInfo,
    EngineStartError,
    Finished,
    GenerationRequest,
    Notice,
    Picture,
    TextDelta,
)
from models.sketch.eyes import Eyes
from models.sketch.narrator import SILENCE, reply
from speech import espeak_voices
from speech.espeak_voice import EspeakVoice
from speech.voice import SpeechError
from vision.detector import DetectorError

CONCURRENCY = 4
ONLY = "sketch speaks English and knows no personas"
PLAIN = "You are a live commentator."
"""How the persona begins that it does justice to."""
LANGUAGE = "Speak this language:"
MAX_ROOMS = 256
"""Rooms of which it is remembered that they were told."""
TOKENS_PER_PICTURE = 64
"""A token count for the usage field, where nothing is tokenised: near what real models take."""

_TOKEN = re.compile(r"\w+|[^\w\s]")


class SketchEngine:
    """What it says depends on the request alone, but for a notice once a room."""

    def __init__(self, detector: str = "off") -> None:
        """``detector`` as the setting: for pictures that come without names."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="eyes")
        self._eyes = Eyes(detector)
        self._warned: set[str] = set()
        self._voice = EspeakVoice()

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("sketch", CONCURRENCY, counts=False)

    def has_voice(self, voice: str) -> bool:
        return espeak_voices.resolve(voice) is not None

    def voice_help(self) -> str:
        return espeak_voices.HELP

    async def start(self) -> None:
        """Raises EngineStartError when espeak-ng or the detector does not load."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._warm_up)
            await self._voice.prepare()
        except (SpeechError, DetectorError) as error:
            raise EngineStartError(str(error)) from None

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta, None]:
        loop = asyncio.get_running_loop()
        if self._cannot(request):
            yield Notice(ONLY)
        sentences = await loop.run_in_executor(self._thread, reply, request, self._eyes)
        kept, complete = within(sentences, request.max_tokens)
        for at, sentence in enumerate(kept):
            yield TextDelta(f" {sentence}" if at else sentence)
            if request.audio and sentence != SILENCE:
                async with aclosing(self._spoken(sentence, request.voice)) as speech:
                    async for piece in speech:
                        yield piece
        yield Finished(
            "stop" if complete else "length", _prompt_tokens(request), sum(map(_tokens, kept))
        )

    async def _spoken(self, text: str, voice: str) -> AsyncGenerator[AudioDelta, None]:
        try:
            async with aclosing(self._voice.say(text, voice)) as pieces:
                async for piece in pieces:
                    yield AudioDelta(piece)
        except SpeechError as error:
            raise EngineError(str(error)) from None

    async def aclose(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
        await self._voice.aclose()

    def _cannot(self, request: GenerationRequest) -> bool:
        """Whether it is asked for what it cannot do, and its room does not know yet."""
        system = request.system.strip()
        plain = not system or system.startswith(PLAIN)
        if (plain and LANGUAGE not in system) or request.room in self._warned:
            return False
        if len(self._warned) >= MAX_ROOMS:
            self._warned.clear()
        self._warned.add(request.room)
        return True

    def _warm_up(self) -> None:
        cv2.setNumThreads(1)  # rooms share the processor; one picture is not worth all of it
        espeak_voices.resolve(espeak_voices.DEFAULT)
        self._eyes.open()
        reply(GenerationRequest(pictures=_rehearsal()), self._eyes)


def within(sentences: Sequence[str], max_tokens: int) -> tuple[list[str], bool]:
    """The sentences that ``max_tokens`` leave room for, and whether these are all.

    Whole sentences are left out; only the first one is cut at a word.
    """
    ends = list(accumulate(map(_tokens, sentences)))
    kept = list(sentences[: sum(end <= max_tokens for end in ends)])
    if sentences and not kept:
        words = list(_TOKEN.finditer(sentences[0]))
        return [sentences[0][: words[max_tokens - 1].end()]], False
    return kept, len(kept) == len(sentences)


def _tokens(text: str) -> int:
    return len(_TOKEN.findall(text))


def _prompt_tokens(request: GenerationRequest) -> int:
    texts = (request.system, request.text, *(turn.text for turn in request.history))
    return sum(map(_tokens, texts)) + TOKENS_PER_PICTURE * len(request.pictures)


def _rehearsal() -> tuple[Picture, ...]:
    """A window in which something moves, so that everything has run once."""
    pictures = []
    for at in range(4):
        image = np.full((360, 640, 3), 120, np.uint8)
        image[120:300, 60 + 120 * at : 130 + 120 * at] = (30, 30, 200)
        pictures.append(Picture(cv2.imencode(".jpg", image)[1].tobytes(), float(at - 3)))
    return tuple(pictures)
