"""LiveKit's view of a commentator at work: a ``RealtimeSession`` that speaks by itself."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Literal

from livekit import rtc
from livekit.agents import llm
from livekit.agents.types import NOT_GIVEN, NotGivenOr
from livekit.agents.utils import is_given

from agent.commentator.commentator import Commentator
from agent.commentator.engine.client import EngineClient, EngineError
from agent.commentator.engine.health import EngineState
from agent.commentator.history import History
from agent.commentator.intake import FrameIntake
from agent.commentator.line import DropReason, Line
from agent.commentator.options import Options
from agent.commentator.pacer import Pacer
from agent.commentator.prompt import (
    COMMENTARY,
    SPOKEN_QUESTION,
    Message,
    build_messages,
    system_text,
)
from agent.commentator.utterance import Utterance
from agent.commentator.voice.speaker import Speaker
from agent.commentator.window import SampledFrame
from agent.plugin.metrics import line_metrics
from agent.plugin.spoken_question import SAMPLE_RATE, SpokenQuestion
from speech.wav import wav

logger = logging.getLogger(__name__)

PressboxEvents = Literal["line_ready", "line_dropped", "engine_state", "engine_notice"]


class RealtimeSession(llm.RealtimeSession[PressboxEvents]):
    """One source being commented on.

    Events beyond LiveKit's: ``line_ready(Line)``, ``line_dropped(Line, reason)``,
    ``engine_state(EngineState)`` and ``engine_notice(text)``.
    """

    def __init__(
        self,
        model: llm.RealtimeModel,
        *,
        client: EngineClient,
        owns_client: bool,
        pacer: Pacer,
        options: Options,
        speaker: Speaker,
    ) -> None:
        super().__init__(model)
        self._client = client
        self._owns_client = owns_client
        self._options = options
        self._instructions = ""
        self._tools = llm.ToolContext.empty()
        self._history = History()
        self._speaker = speaker
        self._spoken = SpokenQuestion()
        self._closing: asyncio.Task[None] | None = None
        self._intake = FrameIntake(
            capture_fps=options.capture_fps,
            window_size=options.window_size,
            look_back=lambda: pacer.look_back,
            earliest_anchor=lambda: pacer.earliest_anchor,
        )
        self._commentator = Commentator(
            client=client,
            speaker=speaker,
            intake=self._intake,
            pacer=pacer,
            options=options,
            host=self,
        )
        self._commentator.start()
        if options.enable_tts:
            speaker.prepare(options.language, options.voice)

    # -- pressbox's own part

    @property
    def options(self) -> Options:
        return self._options

    @property
    def engine_state(self) -> EngineState | None:
        """What is known of the engine; None until it was first asked."""
        return self._commentator.engine_state

    def update_settings(self, options: Options) -> None:
        """Use these options from the next request on."""
        old, self._options = self._options, options
        self._commentator.options = options
        if (old.capture_fps, old.window_size) != (options.capture_fps, options.window_size):
            self._intake.set_options(
                capture_fps=options.capture_fps, window_size=options.window_size
            )

    def pause(self) -> None:
        """Stop asking the engine for commentary; what is not yet heard is dropped."""
        self._commentator.pause()

    def resume(self) -> None:
        self._commentator.resume()

    def reset_window(self) -> None:
        """Forget all pictures: the source is another one."""
        self._intake.reset()
        self._commentator.forget_picture()

    # -- llm.RealtimeSession

    @property
    def chat_ctx(self) -> llm.ChatContext:
        return self._history.chat_ctx

    @property
    def tools(self) -> llm.ToolContext:
        return self._tools

    async def update_instructions(self, instructions: str) -> None:
        self._instructions = instructions

    async def update_chat_ctx(self, chat_ctx: llm.ChatContext) -> None:
        self._history.replace(chat_ctx)

    async def update_tools(self, tools: list[llm.Tool]) -> None:
        """Kept for whoever asks for them; engines of this API call none."""
        self._tools = llm.ToolContext(tools)
        if tools:
            logger.warning("%d tools are ignored: engines call no tools", len(tools))

    def update_options(self, *, tool_choice: NotGivenOr[llm.ToolChoice | None] = NOT_GIVEN) -> None:
        """Nothing to do: there are no tools to choose from."""

    def push_audio(self, frame: rtc.AudioFrame) -> None:
        """More of what is said to the session; the last 30 s are kept until ``commit_audio``."""
        self._spoken.push(frame)

    def commit_audio(self) -> None:
        """What was pushed is a question: the next ``generate_reply`` asks it. One that comes with
        neither a text nor instructions asks it without this, too.
        """
        self._spoken.commit()

    def clear_audio(self) -> None:
        """What was pushed or committed is no question."""
        self._spoken.clear()

    def push_video(self, frame: rtc.VideoFrame, *, capture_time: float | None = None) -> None:
        """A frame of the source; call it for every one, most cost microseconds.

        The frame is kept, not copied: do not write to it afterwards.

        Args:
            frame: Any size and type that LiveKit can convert to I420.
            capture_time: Monotonic seconds; None: now.
        """
        self._intake.push(frame, time.monotonic() if capture_time is None else capture_time)

    def generate_reply(
        self,
        *,
        instructions: NotGivenOr[str] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        tools: NotGivenOr[list[llm.Tool]] = NOT_GIVEN,
    ) -> asyncio.Future[llm.GenerationCreatedEvent]:
        """Answer the newest message of the chat context or what was committed of the sound, before
        any commentary.

        The future fails with ``RealtimeError`` when the engine cannot answer.
        """
        extra = instructions if is_given(instructions) else ""
        question = self._history.take_question()
        sound = self._take_spoken(uncommitted=not (question or extra))
        if question or sound:
            return self._commentator.ask(question or SPOKEN_QUESTION, extra, sound)
        return self._commentator.ask(extra or COMMENTARY, "")

    def interrupt(self) -> None:
        self._commentator.interrupt()

    def truncate(
        self,
        *,
        message_id: str,
        modalities: list[Literal["text", "audio"]],
        audio_end_ms: int,
        audio_transcript: NotGivenOr[str] = NOT_GIVEN,
    ) -> None:
        heard = audio_transcript if is_given(audio_transcript) else None
        self._history.truncate(message_id, heard=heard, seconds=audio_end_ms / 1000)

    async def aclose(self) -> None:
        """Stop everything; returns when no task and no thread is left. Idempotent."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="pressbox-close")
        await asyncio.shield(self._closing)

    def _take_spoken(self, *, uncommitted: bool) -> bytes:
        """The spoken question; of no use to an engine that takes none, which has to be asked by
        way of an STT and ``generate_reply(user_input=…)``.
        """
        sound = self._spoken.take(uncommitted=uncommitted)
        if sound and not self._client.hears:
            logger.debug("a spoken question is ignored: the engine does not hear, use an STT")
            return b""
        return sound

    async def _close(self) -> None:
        await self._commentator.aclose()
        await self._speaker.aclose()
        await self._intake.aclose()
        if self._owns_client:
            await self._client.aclose()

    # -- what the loop asks of its host

    def messages(
        self, frames: Sequence[SampledFrame], text: str, instructions: str, sound: bytes
    ) -> list[Message]:
        persona = self._options.prompt or self._instructions
        return build_messages(
            system=system_text(persona, self._options.language, instructions),
            history=self._history.turns(but=text),
            jpegs=[frame.jpeg for frame in frames],
            text=text,
            wav=wav(sound, SAMPLE_RATE) if sound else b"",
        )

    def line_ready(self, line: Line) -> None:
        self._history.line_ready(line)
        self.emit("line_ready", line)

    def line_dropped(self, line: Line, reason: DropReason) -> None:
        self._history.line_dropped(line)
        self.emit("line_dropped", line, reason)

    def line_emitted(self, utterance: Utterance, *, user_initiated: bool) -> None:
        self._history.line_emitted(utterance.line)
        self.emit("generation_created", utterance.event(user_initiated=user_initiated))

    def line_made(self, utterance: Utterance, *, cancelled: bool) -> None:
        self._history.line_made(utterance.line)
        self.emit(
            "metrics_collected",
            line_metrics(
                utterance,
                label=self.realtime_model.label,
                model=self._client.model,
                cancelled=cancelled,
                now=time.monotonic(),
            ),
        )

    def engine_changed(self, state: EngineState) -> None:
        self.emit("engine_state", state)

    def engine_notice(self, text: str) -> None:
        self.emit("engine_notice", text)

    def engine_failed(self, error: EngineError) -> None:
        logger.warning("%s", error)
        self.emit(
            "error",
            llm.RealtimeModelError(
                timestamp=time.time(),
                label=self.realtime_model.label,
                error=error,
                recoverable=True,
            ),
        )
