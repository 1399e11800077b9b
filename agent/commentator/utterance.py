"""A line being made: pieces of an engine's answer go in, LiveKit's streams come out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Generic, Literal, TypeVar

from livekit import rtc
from livekit.agents import llm, utils

from agent.commentator.engine.answer_text import AnswerText, is_blank
from agent.commentator.engine.chunks import Delta
from agent.commentator.line import DropReason, Line
from agent.commentator.voice.audio import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, FrameCutter
from agent.commentator.voice.speech_pace import SpeechPace

LINE_KEY = "pressbox.line"
"""Key of the ``Line`` in the ``userdata`` of its first audio frame."""
MAX_SECONDS = 60.0
"""Seconds of speech at which a line is cut off."""

T = TypeVar("T")
_Modalities = list[Literal["text", "audio"]]


class _Stream(Generic[T]):
    """What one consumer reads; tells when it reads first. Bounded by the longest line."""

    def __init__(self, on_first: Callable[[], None]) -> None:
        self.chan: utils.aio.Chan[T] = utils.aio.Chan()
        self._on_first: Callable[[], None] | None = on_first

    def empty(self) -> None:
        """Take back what nobody has read yet."""
        while not self.chan.empty():
            self.chan.recv_nowait()

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        item = await self.chan.__anext__()
        if self._on_first is not None:
            self._on_first()
            self._on_first = None
        return item


class Utterance:
    """One line while it is made, waits and is handed over. Belongs to one event loop.

    It is *sounding* as soon as it has enough to play without falling dry (or, text only, to show),
    *settled* when its consumer has taken the first of it, or never will.
    """

    def __init__(
        self, line: Line, *, audio: bool, clock: Callable[[], float], pace: SpeechPace
    ) -> None:
        """``pace`` learns from the line, and says when enough of it is there."""
        self.line = line
        self.usage = Delta()
        self.emitted = False
        self.dropped: DropReason | None = None
        self.finished = False
        self.settled = asyncio.Event()
        self.noticed = asyncio.Event()
        self._wants_audio = audio
        self._clock = clock
        self._pace = pace
        self._arrivals: list[tuple[float, float]] = []
        self._cutter = FrameCutter()
        self._modalities: asyncio.Future[_Modalities] = asyncio.Future()
        self._texts: _Stream[str] = _Stream(self._taken_as_text)
        self._frames: _Stream[rtc.AudioFrame] = _Stream(self._taken)
        self._messages: _Stream[llm.MessageGeneration] = _Stream(self.noticed.set)
        self._functions: _Stream[llm.FunctionCall] = _Stream(lambda: None)
        self._text = AnswerText()
        self._count = 0
        self._messages.chan.send_nowait(self._message())

    @property
    def sounding(self) -> bool:
        return self._modalities.done()

    @property
    def too_long(self) -> bool:
        return self.line.audio_seconds >= MAX_SECONDS

    def feed(self, delta: Delta) -> None:
        """Take one piece of the answer; one that comes after the end is ignored."""
        if self.finished:
            return
        self._add_text(delta)
        if delta.prompt_tokens or delta.completion_tokens:
            self.usage = delta
        if self._wants_audio:
            self._add_audio(self._cutter.push(delta.pcm))
            if self.line.audio_seconds and self._has_words and self._enough:
                self._sounds(["text", "audio"])
        elif not is_blank(self.line.text):
            self._sounds(["text"])

    def finish(self) -> None:
        """The answer is complete, or will not become any more so. Idempotent."""
        if self.finished:
            return
        self.finished = True
        if self._wants_audio:
            self._add_audio(self._cutter.flush())
            self._learn()
        if not self.sounding and self.line.audio_seconds and self._has_words:
            self._sounds(["text", "audio"])
        elif not self.sounding and not is_blank(self.line.text):
            self._sounds(["text"])
        self._close()

    def drop(self, reason: DropReason) -> None:
        """It will not be said, also if it was handed over already. Idempotent."""
        self.finished = True
        for stream in (self._texts, self._frames):
            stream.empty()
        self.dropped = self.dropped or reason
        self._close()
        self._modalities.cancel()
        self.settled.set()

    def event(self, *, user_initiated: bool) -> llm.GenerationCreatedEvent:
        """What LiveKit is told once the line is to be said."""
        return llm.GenerationCreatedEvent(
            message_stream=self._messages,
            function_stream=self._functions,
            user_initiated=user_initiated,
            response_id=self.line.id,
        )

    def _close(self) -> None:
        self.line.duration = self.line.audio_seconds
        for stream in (self._texts, self._frames, self._messages, self._functions):
            stream.chan.close()

    def _message(self) -> llm.MessageGeneration:
        return llm.MessageGeneration(
            message_id=self.line.id,
            text_stream=self._texts,
            audio_stream=self._frames,
            modalities=self._modalities,
        )

    def _add_text(self, delta: Delta) -> None:
        text = self._text.added(delta)
        if text:
            self.line.text += text
            self._texts.chan.send_nowait(text)

    def _add_audio(self, frames: list[bytes]) -> None:
        for pcm in frames:
            first = self._count == 0
            frame = rtc.AudioFrame(
                data=pcm,
                sample_rate=SAMPLE_RATE,
                num_channels=1,
                samples_per_channel=FRAME_SAMPLES,
                userdata={LINE_KEY: self.line} if first else None,
            )
            self._count += 1
            self.line.audio_seconds = self._count * FRAME_SECONDS
            self._frames.chan.send_nowait(frame)
        if frames:
            self._arrivals = [*self._arrivals[:1], (self._clock(), self.line.audio_seconds)]

    @property
    def _has_words(self) -> bool:
        """Sound may come before its text; dots alone mean that there is nothing to say."""
        return not self.line.text.strip() or not is_blank(self.line.text)

    @property
    def _enough(self) -> bool:
        return self._pace.enough(self.line.audio_seconds, len(self.line.text))

    def _learn(self) -> None:
        if self._arrivals:
            (begin, first_seconds), (end, seconds) = self._arrivals[0], self._arrivals[-1]
            self._pace.note(
                seconds=seconds,
                first_seconds=first_seconds,
                took=end - begin,
                letters=len(self.line.text),
            )

    def _sounds(self, modalities: _Modalities) -> None:
        if not self._modalities.done():
            self.line.ready_at = self._clock()
            self.line.text_only = "audio" not in modalities
            self._modalities.set_result(modalities)

    def _taken(self) -> None:
        if self.line.started_at is None:
            self.line.started_at = self._clock()
        self.settled.set()

    def _taken_as_text(self) -> None:
        if self._modalities.done() and "audio" not in self._modalities.result():
            self._taken()
