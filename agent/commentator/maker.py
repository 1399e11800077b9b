"""One line: the request, the answer as it comes in, and what may go wrong on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from agent.commentator.engine.chunks import Delta
from agent.commentator.engine.client import (
    EngineClient,
    EngineError,
    EngineRequest,
    EngineTimeout,
    EngineUnavailable,
)
from agent.commentator.engine.errors import EngineStarting
from agent.commentator.engine.health import Health
from agent.commentator.host import Host, drop
from agent.commentator.line import DropReason
from agent.commentator.options import Options
from agent.commentator.pacer import Pacer
from agent.commentator.utterance import Utterance
from agent.commentator.voice.speaker import Speaker
from agent.commentator.window import SampledFrame

MAX_GENERATION = 90.0
"""Seconds that an engine may take over one line once its first sound is in."""
LEAST_WAIT = 0.05
"""Seconds that a request is given even when its deadline has passed."""
MOST_WAIT = 30.0
"""Seconds after which a request without a first sound is given up whatever its deadline."""
TOO_LATE = "the answer came too late"

Accept = Callable[[Utterance], bool]
"""Called once with a line that sounds; False when nobody wants it any more."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a line is asked about: pictures in time order, a text, further instructions, and the
    sound of a spoken question (16 kHz mono int16, empty for none).
    """

    frames: Sequence[SampledFrame]
    text: str
    instructions: str = ""
    sound: bytes = b""


class LineMaker:
    """Makes lines with one engine and keeps the record of the engine's health."""

    def __init__(self, *, client: EngineClient, speaker: Speaker, pacer: Pacer, host: Host) -> None:
        self.health = Health()
        self.cancel_reason: DropReason = "cancelled"
        self._unreachable = False
        self._client = client
        self._speaker = speaker
        self._pacer = pacer
        self._host = host

    @property
    def must_probe(self) -> bool:
        """Whether it is not known that an engine listens at all."""
        return self.health.state is None or self._unreachable

    async def probe(self) -> None:
        """Wait as the backoff says, then ask whether the engine is there: cheaper than a window."""
        await asyncio.sleep(self.health.wait())
        try:
            await self._client.reach()
        except EngineError as error:
            self._failed(error)
        else:
            self._unreachable = False
            self._tell(self.health.reached())

    async def make(
        self, utterance: Utterance, ask: Ask, options: Options, accept: Accept
    ) -> str | None:
        """See a line through. Returns one line that says why it is not said, None if it is.

        Cancelling it cancels the request: a line that was handed over ends with what it has, any
        other one is dropped with ``cancel_reason``.
        """
        cancelled = True
        self.cancel_reason = "cancelled"
        try:
            failure = await self._stream(utterance, ask, options, accept)
            cancelled = False
        finally:
            if cancelled and not utterance.emitted:
                self.drop(utterance, self.cancel_reason)
            utterance.finish()
            if utterance.sounding and utterance.dropped is None:
                self._pacer.generated(utterance.line)
            self._host.line_made(utterance, cancelled=cancelled)
        return failure

    def drop(self, utterance: Utterance, reason: DropReason) -> None:
        drop(utterance, reason, pacer=self._pacer, host=self._host)

    async def _stream(
        self, utterance: Utterance, ask: Ask, options: Options, accept: Accept
    ) -> str | None:
        left = self._pacer.deadline(utterance.line) - utterance.line.requested_at
        left = min(max(LEAST_WAIT, left), MOST_WAIT)
        request = self._request(utterance, ask, options, left)
        try:
            async with (
                asyncio.timeout(left) as limit,
                aclosing(self._answer(request, options)) as deltas,
            ):
                async for delta in deltas:
                    if delta.notice:
                        self._host.engine_notice(delta.notice)
                    silent = not utterance.sounding
                    utterance.feed(delta)
                    if silent and utterance.sounding:
                        limit.reschedule(asyncio.get_running_loop().time() + MAX_GENERATION)
                        if not self._accepted(utterance, accept):
                            return TOO_LATE
                    if utterance.too_long:
                        break
        except TimeoutError:
            return self._broke_off(utterance, EngineTimeout("the engine did not answer in time"))
        except EngineError as error:
            return self._broke_off(utterance, error)
        return self._completed(utterance, accept)

    def _answer(self, request: EngineRequest, options: Options) -> AsyncGenerator[Delta, None]:
        deltas = self._client.stream(request)
        if not options.enable_tts:
            return deltas
        return self._speaker.voiced(
            deltas,
            engine_speaks=self._client.speaks,
            language=options.language,
            voice=options.voice,
        )

    def _request(
        self, utterance: Utterance, ask: Ask, options: Options, left: float
    ) -> EngineRequest:
        line = utterance.line
        return EngineRequest(
            messages=self._host.messages(ask.frames, ask.text, ask.instructions, ask.sound),
            kind=line.kind,
            room=options.room,
            voice=options.voice,
            audio=options.enable_tts and not self._speaker.always,
            max_tokens=options.max_new_tokens,
            deadline=left,
            frame_times=[round(frame.capture_time - line.anchor, 3) for frame in ask.frames],
        )

    def _accepted(self, utterance: Utterance, accept: Accept) -> bool:
        self._answered()
        if not self._pacer.ready(utterance.line):
            self.drop(utterance, "late")
            return False
        self._host.line_ready(utterance.line)
        if not accept(utterance):
            self.drop(utterance, "cancelled")
            return False
        return True

    def _completed(self, utterance: Utterance, accept: Accept) -> str | None:
        silent = not utterance.sounding
        utterance.finish()
        if not utterance.sounding:
            self._answered()
            self.drop(utterance, "empty")
        elif silent and not self._accepted(utterance, accept):
            return TOO_LATE
        return None

    def _broke_off(self, utterance: Utterance, error: EngineError) -> str:
        """What is already being said ends where its sound ends; anything else is dropped."""
        if utterance.sounding:
            utterance.line.error = str(error)
            self._failed(error)
        elif isinstance(error, EngineTimeout):
            self.drop(utterance, "late")
            self._tell(self.health.late(str(error)))
        else:
            utterance.line.error = str(error)
            self.drop(utterance, "error")
            self._failed(error)
        return str(error)

    def _answered(self) -> None:
        self._unreachable = False
        self._tell(self.health.answered())

    def _failed(self, error: EngineError) -> None:
        self._unreachable = isinstance(error, EngineUnavailable) and error.status is None
        news = self.health.failed(str(error), starting=isinstance(error, EngineStarting))
        self._tell(news)
        if news:
            self._host.engine_failed(error)

    def _tell(self, news: bool) -> None:
        if news and self.health.state is not None:
            self._host.engine_changed(self.health.state)
