"""The sketch engine: looks, chooses its words, speaks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing

import cv2
import numpy as np

from models.engine import (
    Delta,
    EngineInfo,
    EngineStartError,
    Finished,
    GenerationRequest,
    Picture,
    TextDelta,
)
from models.sketch.faces import Detector
from models.sketch.reply import reply
from models.sketch.speech import spoken
from speech import espeak_voices
from speech.espeak_voice import EspeakVoice
from speech.voice import SpeechError

CONCURRENCY = 4
TOKENS_PER_PICTURE = 64
"""A token count for the usage field, where nothing is tokenised: near what real models take."""

_TOKEN = re.compile(r"\w+|[^\w\s]")


class SketchEngine:
    """Stateless: what it says depends on the request alone."""

    def __init__(self) -> None:
        self._eyes = ThreadPoolExecutor(1, thread_name_prefix="eyes")
        self._detector: Detector | None = None
        self._voice = EspeakVoice()

    @property
    def info(self) -> EngineInfo:
        return EngineInfo("sketch", CONCURRENCY)

    def has_voice(self, voice: str) -> bool:
        return espeak_voices.resolve(voice) is not None

    def voice_help(self) -> str:
        return espeak_voices.HELP

    async def start(self) -> None:
        """Raises EngineStartError when espeak-ng does not load."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._eyes, self._warm_up)
        try:
            await self._voice.prepare()
        except SpeechError as error:
            raise EngineStartError(str(error)) from None

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta, None]:
        loop = asyncio.get_running_loop()
        sentences = await loop.run_in_executor(self._eyes, self._reply, request)
        kept, complete = within(sentences, request.max_tokens)
        for at, sentence in enumerate(kept):
            yield TextDelta(f" {sentence}" if at else sentence)
            if request.audio:
                async with aclosing(spoken(self._voice, sentence, request.voice)) as speech:
                    async for piece in speech:
                        yield piece
        yield Finished(
            "stop" if complete else "length", _prompt_tokens(request), sum(map(_tokens, kept))
        )

    async def aclose(self) -> None:
        self._eyes.shutdown(wait=False, cancel_futures=True)
        await self._voice.aclose()

    def _reply(self, request: GenerationRequest) -> list[str]:
        """Runs in the thread of the eyes only."""
        if self._detector is None:
            self._detector = Detector()
        return reply(request, self._detector)

    def _warm_up(self) -> None:
        cv2.setNumThreads(1)  # rooms share the processor; one picture is not worth all of it
        espeak_voices.resolve(espeak_voices.DEFAULT)
        self._reply(GenerationRequest(pictures=_rehearsal()))


def within(sentences: Sequence[str], max_tokens: int) -> tuple[list[str], bool]:
    """The sentences that ``max_tokens`` leave room for, and whether these are all.

    Whole sentences are left out; only the first one is cut at a word.
    """
    kept: list[str] = []
    left = max_tokens
    for sentence in sentences:
        left -= _tokens(sentence)
        if left < 0:
            return (kept or _cut(sentence, max_tokens)), False
        kept.append(sentence)
    return kept, True


def _cut(sentence: str, max_tokens: int) -> list[str]:
    ends = [match.end() for match in _TOKEN.finditer(sentence)]
    return [sentence[: ends[max_tokens - 1]]]


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
        cv2.rectangle(image, (60 + 120 * at, 120), (130 + 120 * at, 300), (30, 30, 200), -1)
        _, data = cv2.imencode(".jpg", image)
        pictures.append(Picture(data.tobytes(), float(at - 3)))
    return tuple(pictures)
