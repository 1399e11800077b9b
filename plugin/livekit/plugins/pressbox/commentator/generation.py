"""One line: the request, the answer as it comes in, and what may go wrong on the way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from ..engine.chunks import AnswerText, Delta
from ..engine.errors import (
    EngineError,
    EngineStarting,
    EngineTimeout,
    EngineUnavailable,
)
from ..engine.health import EngineState, Health
from ..engine.request import Engine, EngineRequest
from .answer import Answer
from .line import Line
from .line_traces import LineTraces
from .output import Output
from .pacer import Pacer
from .plain_text import PlainText, plain
from .repeats import Repeats
from .speech_pace import SpeechPace

MAX_SECONDS = 60.0
"""Seconds of speech at which a line is cut off."""
MAX_GENERATION = 90.0
"""Seconds that an engine may take over one line once its first sound is in."""
LEAST_WAIT = 0.05
"""Seconds that a request is given even when its deadline has passed."""
MOST_WAIT = 30.0
"""Seconds after which a request without a first sound is given up whatever its deadline."""
NOT_IN_TIME = "the engine did not answer in time"
LATE = "the answer came too late"
EMPTY = "the engine has nothing to say to that"


class Speaker(Protocol):
    """Who speaks the text of an answer where the engine does not. Belongs to one event loop."""

    @property
    def always(self) -> bool:
        """Whether the engine is asked for text only."""

    def prepare(self, language: str, voice: str) -> None:
        """Lines are about to come: load what that takes."""

    def voiced(
        self,
        deltas: AsyncGenerator[Delta, None],
        *,
        engine_speaks: bool | None,
        language: str,
        voice: str,
    ) -> AsyncGenerator[Delta, None]:
        """The answer with the speech that it lacks; ``engine_speaks``: None while not known."""

    async def aclose(self) -> None:
        """Let go of what was loaded. Idempotent."""


class Generation:
    """Makes lines with one engine, one at a time, and keeps the record of the engine's health."""

    def __init__(
        self,
        client: Engine,
        speaker: Speaker | None,
        output: Output,
        pacer: Pacer,
        repeats: Repeats,
        retry_interval: float,
    ) -> None:
        self.health = Health(first=retry_interval)
        self.on_engine_state: Callable[[EngineState], None] = lambda _: None
        self.on_notice: Callable[[str], None] = lambda _: None
        self.on_failure: Callable[[EngineError, int], None] = lambda *_: None
        self._client = client
        self._speaker = speaker
        self._output = output
        self._lines = output.lines
        self._traces = LineTraces(output.lines)
        self._pacer = pacer
        self._pace = SpeechPace()
        self._repeats = repeats
        self._unreachable = False

    @property
    def must_probe(self) -> bool:
        """Whether it is not known that an engine listens at all."""
        return self.health.state is None or self._unreachable

    @property
    def is_down(self) -> bool:
        """Whether the last that was heard of the engine is a failure."""
        return self.health.state is not None and not self.health.state.up

    async def probe(self) -> None:
        """Ask whether the engine is there: cheaper than a window."""
        try:
            await self._client.reach()
        except EngineError as error:
            self._failed(error)
        else:
            self._unreachable = False
            self._tell(self.health.reached())

    async def make(self, line: Line, request: EngineRequest) -> None:
        """See a line of the list through until it is complete, or dropped with its reason.

        Cancelling it cancels the request: a line that is ready by then ends with what it has, one
        that is not stays as it is. So does one at which something else than the engine fails,
        which is raised.
        """
        left = self._pacer.deadline(line) - line.requested_at
        left = min(max(LEAST_WAIT, left), MOST_WAIT)
        deltas = self._deltas(replace(request, deadline=left))
        try:
            with self._traces.within(line):
                await self._fill(line, deltas, left, request.audio, self._answered)
        except TimeoutError:
            self._broke_off(line, EngineTimeout(NOT_IN_TIME))
        except EngineError as error:
            self._broke_off(line, error)

    async def say(self, line: Line, text: str, request: EngineRequest) -> None:
        """The same for a line whose text is known: the request tells how it is spoken, and no
        engine is asked.
        """

        async def told() -> AsyncGenerator[Delta, None]:
            yield Delta(text=plain(text))

        deltas = self._voiced(told(), request, engine_speaks=False) if request.audio else told()
        try:
            await self._fill(line, deltas, MOST_WAIT, request.audio, lambda: None)
        except TimeoutError:
            self._lines.drop(line, "late", "the voice gave no sound in time")

    async def try_out(self, request: EngineRequest) -> float | None:
        """Seconds until the first sound of an answer that nobody hears; None: there was none."""
        begun = time.monotonic()
        line = Line("trial", "commentary", begun, begun)
        answer = Answer(line, wants_audio=request.audio, pace=self._pace)
        try:
            async with asyncio.timeout(MOST_WAIT), aclosing(self._deltas(request)) as deltas:
                async for delta in deltas:
                    answer.feed(delta)
                    if answer.sounding:
                        self._answered()
                        return time.monotonic() - begun
            self._answered()
            answer.end(whole=False)
            return time.monotonic() - begun if answer.sounding else None
        except TimeoutError:
            self._late(EngineTimeout(NOT_IN_TIME))
        except EngineError as error:
            self._failed(error)
        return None

    async def read(self, request: EngineRequest) -> str:
        """An answer as text, which nobody hears; "" for none."""
        text, chosen = "", AnswerText()
        try:
            async with asyncio.timeout(MOST_WAIT), aclosing(self._client.stream(request)) as deltas:
                async for delta in deltas:
                    text += chosen.added(delta)
            self._answered()
        except TimeoutError:
            self._late(EngineTimeout(NOT_IN_TIME))
        except EngineError as error:
            self._failed(error)
        return text.strip()

    async def _fill(
        self,
        line: Line,
        deltas: AsyncGenerator[Delta, None],
        left: float,
        wants_audio: bool,
        answered: Callable[[], None],
    ) -> None:
        """Fill the line with what comes; within ``left`` seconds it must be ready, or TimeoutError
        is raised.
        """
        answer = Answer(line, wants_audio=wants_audio, pace=self._pace)
        try:
            async with asyncio.timeout(left) as limit, aclosing(deltas):
                async for delta in deltas:
                    if delta.notice:
                        self.on_notice(delta.notice)
                    answer.feed(delta)
                    self._output.wake()
                    if line.state == "made" and answer.sounding:
                        answered()
                        if self._is_new(line, whole=False):
                            limit.reschedule(asyncio.get_running_loop().time() + MAX_GENERATION)
                            self._sounds(line)
                    if line.over or line.audio_seconds >= MAX_SECONDS:
                        return
            answered()
            answer.end(whole=True)
            if (line.state == "made" and not answer.sounding) or answer.blank:
                self._lines.drop(line, "empty", EMPTY)
            elif line.state == "made" and self._is_new(line, whole=True):
                self._sounds(line)
        finally:
            answer.end(whole=False)
            if line.state != "made":
                self._lines.complete(line)

    def _is_new(self, line: Line, *, whole: bool) -> bool:
        """Whether it may be spoken, as far as its text tells; a repeat is dropped."""
        like = self._repeats.like(line, whole=whole)
        if like:
            self._lines.drop(line, "repeat", f"too like what was said before: {like}")
        return like == ""

    def _deltas(self, request: EngineRequest) -> AsyncGenerator[Delta, None]:
        if not request.audio or self._speaker is None:
            return _worded(self._client.stream(request))
        asked = self._client.stream(replace(request, audio=not self._speaker.always))
        return self._voiced(_worded(asked), request, engine_speaks=self._client.speaks)

    def _voiced(
        self,
        deltas: AsyncGenerator[Delta, None],
        request: EngineRequest,
        *,
        engine_speaks: bool | None,
    ) -> AsyncGenerator[Delta, None]:
        if self._speaker is None:
            return deltas
        return self._speaker.voiced(
            deltas,
            engine_speaks=engine_speaks,
            language=request.language,
            voice=request.voice,
        )

    def _sounds(self, line: Line) -> None:
        self._lines.move(line, "ready")
        if self._pacer.is_late(line):
            self._lines.drop(line, "late", LATE)

    def _broke_off(self, line: Line, error: EngineError) -> None:
        """What is already being said ends where its sound ends; anything else is dropped."""
        line.error = str(error)
        if line.state == "made" and isinstance(error, EngineTimeout):
            self._lines.drop(line, "late")
            self._late(error)
            return
        if line.state == "made":
            self._lines.drop(line, "error")
        self._failed(error)

    def _answered(self) -> None:
        self._unreachable = False
        self._tell(self.health.answered())

    def _failed(self, error: EngineError) -> None:
        self._unreachable = isinstance(error, EngineUnavailable) and error.status is None
        news = self.health.failed(str(error), starting=isinstance(error, EngineStarting))
        self._tell(news)
        self.on_failure(error, self.health.failures)

    def _late(self, error: EngineTimeout) -> None:
        known = self.health.failures
        self._tell(self.health.late(str(error)))
        if self.health.failures > known:
            self.on_failure(error, self.health.failures)

    def _tell(self, news: bool) -> None:
        if news and self.health.state is not None:
            self.on_engine_state(self.health.state)


async def _worded(deltas: AsyncGenerator[Delta, None]) -> AsyncGenerator[Delta, None]:
    """The answer with what is to be said and shown of its text, or of its transcript, alone."""
    chosen, words = AnswerText(), PlainText()
    async with aclosing(deltas):
        async for delta in deltas:
            text = words.feed(chosen.added(delta))
            if delta.finish:
                text += words.end()
            yield replace(delta, text=text, transcript="")
