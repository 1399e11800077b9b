"""The simplex loop: a window, a request, a line; and questions, which go before commentary.

One request is in flight at a time. A line that is ready waits for its start in the outbox while
the next one is made, so that there is no gap between them. A new request leaves only while at
most one line waits.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace

from livekit.agents import llm

from agent.commentator.engine.client import EngineClient
from agent.commentator.engine.health import EngineState
from agent.commentator.host import Host
from agent.commentator.intake import FrameIntake
from agent.commentator.line import DropReason, Kind, new_line
from agent.commentator.maker import Accept, Ask, LineMaker
from agent.commentator.options import Options
from agent.commentator.outbox import Outbox
from agent.commentator.pacer import Pacer
from agent.commentator.prompt import commentary_instruction
from agent.commentator.utterance import Utterance
from agent.commentator.voice.speaker import Speaker
from agent.commentator.voice.speech_pace import SpeechPace
from agent.commentator.window import Grey, SampledFrame, change

logger = logging.getLogger(__name__)

MAX_WAITING = 1
"""Ready lines that may wait for their start while another request leaves."""
MAX_QUESTIONS = 8
"""Questions that may wait; a further one is refused."""
AFTER_BUG = 1.0
"""Seconds of pause after an error that should not be."""

Reply = asyncio.Future[llm.GenerationCreatedEvent]


class Commentator:
    """Runs from ``start()`` to ``aclose()``. Belongs to one event loop."""

    def __init__(
        self,
        *,
        client: EngineClient,
        speaker: Speaker,
        intake: FrameIntake,
        pacer: Pacer,
        options: Options,
        host: Host,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.options = options
        self._intake = intake
        self._pacer = pacer
        self._clock = clock
        self._pace = SpeechPace()
        self._maker = LineMaker(client=client, speaker=speaker, pacer=pacer, host=host)
        self._changed = asyncio.Event()
        self._outbox = Outbox(pacer=pacer, host=host, clock=clock, on_change=self._changed.set)
        self._task: asyncio.Task[None] | None = None
        self._cycle: asyncio.Task[None] | None = None
        self._current: Utterance | None = None
        self._questions: set[asyncio.Task[None]] = set()
        self._one_question = asyncio.Lock()
        self._paused = False
        self._not_before = 0.0
        self._last_grey: Grey | None = None

    @property
    def engine_state(self) -> EngineState | None:
        return self._maker.health.state

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="pressbox-commentator")

    def pause(self) -> None:
        """No more commentary: what is not yet heard is dropped. Questions are answered."""
        self._paused = True
        self._drop_unheard()

    def resume(self) -> None:
        self._paused = False
        self._changed.set()

    def forget_picture(self) -> None:
        """The source is another one: what is not yet heard is about the old one."""
        self._last_grey = None
        self._drop_unheard()

    def interrupt(self) -> None:
        """Cancel what is generated or waits, commentary and answers alike."""
        self._cancel_cycle("interrupted")
        for task in list(self._questions):
            task.cancel()
        self._outbox.interrupt()

    def ask(self, text: str, instructions: str, sound: bytes = b"") -> Reply:
        """Put a question before all commentary. The future resolves with its first sound.

        It fails with ``RealtimeError``; cancelling it cancels the request. ``sound`` is the
        question as it was spoken, 16 kHz mono int16, empty where it was written.
        """
        reply: Reply = asyncio.Future()
        if len(self._questions) >= MAX_QUESTIONS:
            _fail(reply, "too many questions are waiting")
            return reply
        task = asyncio.create_task(
            self._answer(reply, Ask([], text, instructions, sound)), name="pressbox-answer"
        )
        self._questions.add(task)
        task.add_done_callback(lambda done: self._question_done(done, reply))
        reply.add_done_callback(lambda done: task.cancel() if done.cancelled() else None)
        self._cancel_cycle("interrupted")
        self._outbox.drop_unheard("interrupted")
        return reply

    async def aclose(self) -> None:
        """Cancel everything and wait for it. Idempotent."""
        self._cancel_cycle("cancelled")
        tasks = [task for task in (self._task, self._cycle, *self._questions) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._outbox.aclose()

    async def _run(self) -> None:
        while True:
            await self._may_ask()
            self._cycle = asyncio.create_task(self._comment(), name="pressbox-commentary")
            await asyncio.wait({self._cycle})
            if not self._cycle.cancelled() and (error := self._cycle.exception()) is not None:
                logger.error("a line of commentary failed", exc_info=error)
                self._not_before = self._clock() + AFTER_BUG

    async def _may_ask(self) -> None:
        """Wait until a line of commentary may be asked for."""
        while True:
            self._changed.clear()
            if self._maker.must_probe:
                await self._maker.probe()
            elif self._paused or self._questions or self._outbox.waiting > MAX_WAITING:
                await self._changed.wait()
            elif (left := self._not_before - self._clock()) > 0:
                await asyncio.sleep(left)
            else:
                return

    async def _comment(self) -> None:
        anchor = await self._intake.nearest(await self._pacer.next_anchor())
        changed = None if self._last_grey is None else change(self._last_grey, anchor.grey)
        self._last_grey = anchor.grey
        text = commentary_instruction(changed, self.options.change_threshold)
        started = self._clock()
        await self._make("commentary", anchor, Ask([], text), self._accept_commentary)
        interval, backoff = self.options.inference_interval, self._maker.health.wait()
        self._not_before = max(started + interval, self._clock() + backoff)

    async def _answer(self, reply: Reply, ask: Ask) -> None:
        if self._cycle is not None and not self._cycle.done():
            await asyncio.wait({self._cycle})
        async with self._one_question:
            anchor = await self._intake.newest_until(self._pacer.answer_anchor())
            failure = await self._make(
                "answer", anchor, ask, lambda ready: self._accept_answer(ready, reply)
            )
        if not reply.done():
            _fail(reply, failure or "the engine has nothing to say to that")

    async def _make(
        self, kind: Kind, anchor: SampledFrame | None, ask: Ask, accept: Accept
    ) -> str | None:
        now = self._clock()
        line = new_line(kind, anchor=anchor.capture_time if anchor else now, requested_at=now)
        utterance = Utterance(
            line, audio=self.options.enable_tts, clock=self._clock, pace=self._pace
        )
        if anchor is not None:
            ask = replace(ask, frames=self._frames(anchor))
        self._current = utterance
        return await self._maker.make(utterance, ask, self.options, accept)

    def _frames(self, anchor: SampledFrame) -> list[SampledFrame]:
        wanted = self.options.frames_per_inference
        count = max(1, min(wanted, self._pacer.frames_per_window(wanted)))
        return self._intake.ending_at(anchor, count=count, stride=self.options.frame_stride)

    def _accept_commentary(self, utterance: Utterance) -> bool:
        self._outbox.add(utterance)
        return True

    def _accept_answer(self, utterance: Utterance, reply: Reply) -> bool:
        if reply.done():
            return False
        self._outbox.add_now(utterance)
        reply.set_result(utterance.event(user_initiated=True))
        return True

    def _drop_unheard(self) -> None:
        """Drop commentary, but let a line that is being heard come to its end."""
        self._outbox.drop_unheard("cancelled")
        heard = self._current is not None and self._current.emitted and not self._current.dropped
        if not heard or (self._current is not None and self._current.finished):
            self._cancel_cycle("cancelled")

    def _cancel_cycle(self, reason: DropReason) -> None:
        self._maker.cancel_reason = reason
        if self._cycle is not None:
            self._cycle.cancel()

    def _question_done(self, done: asyncio.Task[None], reply: Reply) -> None:
        self._questions.discard(done)
        self._changed.set()
        if not done.cancelled() and (error := done.exception()) is not None:
            logger.error("a question failed", exc_info=error)
        if not reply.done():
            _fail(reply, "the question was interrupted")


def _fail(reply: Reply, reason: str) -> None:
    """Fail it for whoever awaits it; one who no longer does is not to be scolded for it."""
    reply.set_exception(llm.RealtimeError(reason))
    reply.exception()
