"""LiveKit's view of a commentator at work: a ``RealtimeSession`` that speaks by itself."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Literal

from livekit import rtc
from livekit.agents import APIConnectOptions, llm
from livekit.agents.types import NOT_GIVEN, NotGivenOr
from livekit.agents.utils import aio, is_given

from .chat import Chat
from .commentator import Commentator, Line, Options, Pacer
from .commentator.prompt import COMMENTARY
from .engine import EngineClient, EngineError, EngineState
from .engine.errors import api_error
from .engine.health import BACKOFF_FIRST
from .hand_over import HandOver
from .log import logger
from .metrics import line_metrics
from .spoken_question import SpokenQuestion
from .user_turn import UserTurn
from .video import sample

PressboxEvents = Literal["line_changed", "engine_state", "engine_notice"]


class RealtimeSession(llm.RealtimeSession[PressboxEvents]):
    """One source being commented on.

    Events beyond LiveKit's: ``line_changed(Line)`` with each change of a line's state,
    ``engine_state(EngineState)`` and ``engine_notice(text)``.
    """

    def __init__(
        self,
        model: llm.RealtimeModel,
        *,
        client: EngineClient,
        pacer: Pacer,
        options: Options,
        conn_options: NotGivenOr[APIConnectOptions] = NOT_GIVEN,
    ) -> None:
        super().__init__(model)
        self._client = client
        self._retries = conn_options.max_retry if is_given(conn_options) else None
        self._tools = llm.ToolContext.empty()
        self._spoken = SpokenQuestion()
        self._replies: dict[str, asyncio.Future[llm.GenerationCreatedEvent]] = {}
        self._commentator: Commentator[rtc.VideoFrame] = Commentator(
            client=client,
            pacer=pacer,
            options=options,
            encode=sample,
            retry_interval=conn_options.retry_interval if is_given(conn_options) else BACKOFF_FIRST,
        )
        self._commentator.observe(
            engine_state=lambda state: self.emit("engine_state", state),
            notice=lambda text: self.emit("engine_notice", text),
            failure=self._engine_failed,
        )
        self._chat = Chat(self._commentator.history)
        self._commentator.lines.listen(self._line_changed)
        self._hand_over = HandOver(self._commentator, self._give)
        self._turn = UserTurn(self._commentator)
        self._commentator.start()
        self._task = asyncio.create_task(self._hand_over.run(), name="pressbox-hand-over")

    @property
    def options(self) -> Options:
        """What it goes by."""
        return self._commentator.options

    @property
    def engine_state(self) -> EngineState | None:
        """What is known of the engine; None until it was first asked."""
        return self._commentator.engine_state

    @property
    def model_name(self) -> str:
        """The model that the engine serves, empty while that is not known."""
        return self._client.model

    @property
    def speaks(self) -> bool | None:
        """Whether the engine gives speech, None while that is not known."""
        return self._client.speaks

    def pause(self) -> None:
        """Stop asking the engine for commentary; what is not yet heard is dropped."""
        self._turn.pause()

    def resume(self) -> None:
        """Go on with commentary."""
        self._turn.resume()

    def reset_window(self) -> None:
        """Forget all pictures: the source is another one."""
        self._commentator.reset_window()

    # LiveKit's own

    @property
    def chat_ctx(self) -> llm.ChatContext:
        return self._chat.context.copy()

    @property
    def tools(self) -> llm.ToolContext:
        return self._tools

    async def update_instructions(self, instructions: str) -> None:
        self._commentator.instruct(instructions)

    async def update_chat_ctx(self, chat_ctx: llm.ChatContext) -> None:
        self._chat.replace(chat_ctx)

    async def update_tools(self, tools: list[llm.Tool]) -> None:
        """Kept for whoever asks for them; engines of this API call none."""
        self._tools = llm.ToolContext(tools)
        if tools:
            logger.warning("%d tools are ignored: engines call no tools", len(tools))

    def update_options(
        self,
        *,
        tool_choice: NotGivenOr[llm.ToolChoice | None] = NOT_GIVEN,
        voice: NotGivenOr[str] = NOT_GIVEN,
        language: NotGivenOr[str] = NOT_GIVEN,
        options: NotGivenOr[Options] = NOT_GIVEN,
    ) -> None:
        """Go by these from the next request on; there are no tools to choose from."""
        chosen = options if is_given(options) else self.options
        self._commentator.update_options(with_given(chosen, voice, language))

    def push_audio(self, frame: rtc.AudioFrame) -> None:
        """More of what is said to the session; the last 30 s are kept until ``commit_audio``."""
        self._spoken.push(frame)

    def commit_audio(self) -> None:
        """What was pushed is a question: the next ``generate_reply`` asks it. One that comes with
        neither a text nor instructions asks it without this, too.
        """
        self._spoken.commit()
        self._turn.end()

    def clear_audio(self) -> None:
        """What was pushed or committed is no question."""
        self._spoken.clear()
        self._turn.end()

    def start_user_activity(self) -> None:
        """Somebody is speaking: it is silent until ``commit_audio``, ``clear_audio`` or
        ``generate_reply``, or for a moment after the last of these calls.
        """
        self._turn.go_on()

    def push_video(self, frame: rtc.VideoFrame, *, capture_time: float | None = None) -> None:
        """A frame of the source; call it for every one, most cost microseconds.

        The frame is kept, not copied: do not write to it afterwards.

        Args:
            frame: Any size and type that LiveKit can convert to I420.
            capture_time: Monotonic seconds; None: now.
        """
        self._commentator.push(frame, time.monotonic() if capture_time is None else capture_time)

    def generate_reply(
        self,
        *,
        instructions: NotGivenOr[str] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        tools: NotGivenOr[list[llm.Tool]] = NOT_GIVEN,
    ) -> asyncio.Future[llm.GenerationCreatedEvent]:
        """Answer the newest message of the chat context or what was committed of the sound, before
        any commentary.

        The future resolves with the answer's first sound and fails with ``RealtimeError`` when the
        engine cannot answer; cancelling it cancels the request.
        """
        self._turn.end()
        extra = instructions if is_given(instructions) else ""
        question = self._chat.take_question()
        sound = self._take_spoken(uncommitted=not (question or extra))
        self._hand_over.end_what_plays()
        asked = (question, extra, sound) if question or sound else (extra or COMMENTARY,)
        line = self._commentator.ask(*asked)
        reply: asyncio.Future[llm.GenerationCreatedEvent] = asyncio.Future()
        if line.over:
            _fail(reply, line)
        else:
            self._replies[line.id] = reply
            reply.add_done_callback(lambda done: self._reply_done(line, done))
        return reply

    def interrupt(self) -> None:
        """Cancel what is generated, waits or plays, commentary and answers alike."""
        self._commentator.interrupt()

    def truncate(
        self,
        *,
        message_id: str,
        modalities: list[Literal["text", "audio"]],
        audio_end_ms: int,
        audio_transcript: NotGivenOr[str] = NOT_GIVEN,
    ) -> None:
        """LiveKit has stopped that line, and so much of it was heard."""
        for line in self._commentator.lines:
            if line.id == message_id:
                self._commentator.lines.drop(line, "interrupted")
        if is_given(audio_transcript):
            self._chat.correct(message_id, audio_transcript.strip())

    async def aclose(self) -> None:
        """Stop everything; returns when no task and no thread is left. Idempotent."""
        self._turn.end()
        await self._commentator.aclose()
        await aio.cancel_and_wait(self._task)
        await self._client.aclose()

    def _take_spoken(self, *, uncommitted: bool) -> bytes:
        """The spoken question; of no use to an engine that takes none, which has to be asked by
        way of an STT and ``generate_reply(user_input=…)``.
        """
        sound = self._spoken.take(uncommitted=uncommitted)
        if sound and not self._client.hears:
            logger.debug("a spoken question is ignored: the engine does not hear, use an STT")
            return b""
        return sound

    def _give(self, line: Line, messages: AsyncIterator[llm.MessageGeneration]) -> None:
        asked = self._replies.get(line.id)
        event = llm.GenerationCreatedEvent(
            message_stream=messages,
            function_stream=_no_calls(),
            user_initiated=asked is not None,
            response_id=line.id,
        )
        if asked is None:
            self.emit("generation_created", event)
        elif not asked.done():
            asked.set_result(event)

    def _line_changed(self, line: Line) -> None:
        self.emit("line_changed", line)
        if not line.over:
            return
        self._chat.over(line)
        reply = self._replies.pop(line.id, None)
        if reply is not None and not reply.done():
            _fail(reply, line)
        metrics = line_metrics(line, label=self.realtime_model.label, model=self._client.model)
        self.emit("metrics_collected", metrics)

    def _reply_done(self, line: Line, reply: asyncio.Future[Any]) -> None:
        if reply.cancelled():
            self._commentator.lines.drop(line, "cancelled")

    def _engine_failed(self, error: EngineError, failures: int) -> None:
        logger.log(logging.WARNING if failures == 1 else logging.DEBUG, "%s", error)
        tries_left = self._retries is None or failures <= self._retries
        self.emit(
            "error",
            llm.RealtimeModelError(
                timestamp=time.time(),
                label=self.realtime_model.label,
                error=api_error(error),
                recoverable=error.recoverable and tries_left,
            ),
        )


def with_given(options: Options, voice: NotGivenOr[str], language: NotGivenOr[str]) -> Options:
    """The options with those of the two that are given."""
    return replace(
        options,
        voice=voice if is_given(voice) else options.voice,
        language=language if is_given(language) else options.language,
    )


def _fail(reply: asyncio.Future[Any], line: Line) -> None:
    reply.set_exception(llm.RealtimeError(line.error or "the question was given up"))
    reply.exception()  # one who no longer awaits it is not to be scolded for it


def _no_calls() -> aio.Chan[llm.FunctionCall]:
    """Engines call no tools."""
    calls = aio.Chan[llm.FunctionCall]()
    calls.close()
    return calls
