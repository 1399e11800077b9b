"""The commentator: a simplex loop of a window, a request, a line; questions go before commentary.

One request is in flight at a time. The next line is made while one plays and at most one waits.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Generic

from agent.commentator.engine.errors import EngineError
from agent.commentator.engine.health import EngineState
from agent.commentator.engine.request import EngineRequest
from agent.commentator.generation import Engine, Generation
from agent.commentator.history import History, LastPicture
from agent.commentator.in_flight import InFlight
from agent.commentator.line import DropReason, Line, new_line
from agent.commentator.options import Options
from agent.commentator.output import Output
from agent.commentator.pacer import Pacer
from agent.commentator.prompt import (
    SPOKEN_QUESTION,
    Asked,
    commentary_instruction,
    engine_request,
)
from agent.commentator.sampler import F, FrameSampler
from agent.commentator.voice.speaker import Speaker
from agent.commentator.window import SampledFrame, change
from config.tasks import Tasks

MAX_WAITING = 1
"""Ready lines that may wait for their start while another request leaves."""
MAX_QUESTIONS = 8
"""Questions whose answers may be under way; a further one is refused."""
MAX_TRIALS = 5
"""Requests that nobody hears, while the pacer wants to know how long the engine takes."""
AFTER_BUG = 1.0
"""Seconds of pause after an error that should not be."""


class Commentator(Output, Generic[F]):
    """Looks at pictures and has something to say. Runs from ``start()`` to ``aclose()``."""

    def __init__(
        self,
        *,
        client: Engine,
        speaker: Speaker,
        pacer: Pacer,
        options: Options,
        encode: Callable[[F, float], SampledFrame],
    ) -> None:
        """``encode(frame, capture_time)`` makes of a frame what engines are sent; in a thread."""
        super().__init__(pacer)
        self.options = options
        self.history = History(self.lines)
        self.persona = ""
        """Whose words it uses where ``options.prompt`` is empty."""
        self._speaker = speaker
        self._sampler: FrameSampler[F] = FrameSampler(options, pacer, encode)
        self._generation = Generation(client, speaker, self, pacer)
        self._last_picture = LastPicture(self.lines)
        self._tasks = Tasks(lambda text: self._generation.on_notice(text))
        self._in_flight = InFlight(self.lines)
        self._questions: deque[tuple[Line, Asked]] = deque()
        self._paused = False
        self._not_before = 0.0
        self._trials = 0

    def observe(
        self,
        *,
        engine_state: Callable[[EngineState], None],
        notice: Callable[[str], None],
        failure: Callable[[EngineError], None] = lambda _: None,
    ) -> None:
        """Call these with each change of the engine's state, with what whoever watches should know,
        and with failures that are news. None of them may raise.
        """
        self._generation.on_engine_state = engine_state
        self._generation.on_notice = notice
        self._generation.on_failure = failure

    @property
    def engine_state(self) -> EngineState | None:
        """What is known of the engine; None until it was first asked."""
        return self._generation.health.state

    def start(self) -> None:
        """Begin. While nobody takes the lines, two of them are made and no more."""
        if self.options.enable_tts:
            self._speaker.prepare(self.options.language, self.options.voice)
        self._tasks.keep("the commentary", self._run)

    async def aclose(self) -> None:
        """Drop everything and wait until no task and no thread is left. Idempotent."""
        self.closed = True
        for line in self.lines:
            self.lines.drop(line, "cancelled")
        self.wake()
        await self._tasks.aclose()
        await self._in_flight.aclose()
        await self._speaker.aclose()
        await self._sampler.aclose()

    # what goes in

    def push(self, frame: F, capture_time: float) -> None:
        """A frame of the source, captured at monotonic seconds; call it for every one, most cost
        microseconds. It is kept, not copied.
        """
        self._sampler.push(frame, capture_time)

    def update_options(self, options: Options) -> None:
        """Use these from the next request on. Without speech, what waits becomes text only."""
        self.options = options
        self._sampler.set_options(options)
        if not options.enable_tts:
            for line in self.lines:
                line.text_only = line.text_only or line.state in ("ready", "waiting")

    def pause(self, *, unheard: bool = True) -> None:
        """No more commentary; ``unheard``: what is not yet heard is dropped too. Questions are
        answered all the same.
        """
        self._paused = True
        if unheard:
            self.drop_unheard("cancelled")
        self._stop_waiting()

    def resume(self) -> None:
        """Go on with commentary."""
        self._paused = False
        self.wake()

    def reset_window(self) -> None:
        """The source is another one: forget all pictures, and what is not yet heard of them."""
        self._sampler.reset()
        self._last_picture.clear()
        self.drop_unheard("cancelled")
        self._stop_waiting()

    def ask(self, question: str, instructions: str = "", sound: bytes = b"") -> Line:
        """Put a question before all commentary; what of that is not yet heard is dropped.

        ``sound`` is the question as it was spoken, 16 kHz mono int16, empty where it was written.
        The answer's line is returned at once; ``until_over`` waits for its end.
        """
        now = time.monotonic()
        line = new_line("answer", anchor=now, requested_at=now, question=question)
        self.lines.add(line)
        if self.closed:
            self.lines.drop(line, "refused", "the commentator is closed")
        elif sum(line.kind == "answer" for line in self.lines) > MAX_QUESTIONS:
            self.lines.drop(line, "refused", f"{MAX_QUESTIONS} questions are waiting already")
        else:
            self._questions.append((line, Asked(question or SPOKEN_QUESTION, instructions, sound)))
            self.drop_unheard("interrupted")
            if self._in_flight.line is None or self._in_flight.line.kind == "commentary":
                self._in_flight.cancel()
            self.wake()
        return line

    def interrupt(self) -> None:
        """Drop everything, what is being heard too: commentary and answers."""
        for line in self.lines:
            self.lines.drop(line, "interrupted", "the question was interrupted")

    def drop_unheard(self, reason: DropReason) -> None:
        """Drop the commentary that is not yet heard."""
        for line in self.lines:
            if line.kind == "commentary" and line.state != "playing":
                self.lines.drop(line, reason)

    # the loop

    async def _run(self) -> None:
        while True:
            work, line = await self._next_work()
            if failed := await self._in_flight.run(work, line):
                self._generation.on_notice(failed)
                self._not_before = time.monotonic() + AFTER_BUG

    async def _next_work(self) -> tuple[Coroutine[None, None, None], Line | None]:
        """Wait until an engine may be asked something; what, and for which line."""
        while True:
            if self._questions:
                line, asked = self._questions.popleft()
                return self._answer(line, asked), line
            waiting = sum(line.state in ("ready", "waiting") for line in self.lines)
            if (left := self._not_before - time.monotonic()) > 0:
                await self.change(left)
            elif self._generation.must_probe:
                return self._probe(), None
            elif self._paused or waiting > MAX_WAITING:
                await self.change()
            elif self._trials < MAX_TRIALS and self._pacer.wants_trial:
                return self._try_out(), None
            else:
                return self._comment(), None

    async def _probe(self) -> None:
        await self._generation.probe()
        if self._generation.must_probe:
            self._back_off()

    async def _comment(self) -> None:
        anchor = await self._sampler.first_from(await self._pacer.next_anchor())
        before = self._last_picture.grey
        changed = None if before is None else change(before, anchor.grey)
        now = time.monotonic()
        self._not_before = now + self.options.inference_interval
        line = new_line("commentary", anchor=anchor.capture_time, requested_at=now)
        self._in_flight.line = line
        self._last_picture.add(line, anchor.grey)
        self.lines.add(line)
        text = commentary_instruction(changed, self.options.change_threshold)
        await self._make(line, self._window(anchor), Asked(text))

    async def _answer(self, line: Line, asked: Asked) -> None:
        if line.over:
            return
        anchor = await self._sampler.newest_until(self._pacer.answer_anchor())
        line.requested_at = time.monotonic()
        line.anchor = anchor.capture_time if anchor else line.requested_at
        await self._make(line, self._window(anchor) if anchor else [], asked)

    async def _make(self, line: Line, frames: Sequence[SampledFrame], asked: Asked) -> None:
        await self._generation.make(line, self._request(line, frames, asked))
        self._back_off()

    async def _try_out(self) -> None:
        """Learn how long the engine takes, before anybody waits for it."""
        anchor = await self._sampler.first_from(time.monotonic())
        frames = self._window(anchor)
        frames = [*[anchor] * (self.options.frames_per_inference - len(frames)), *frames]
        line = new_line("commentary", anchor=anchor.capture_time, requested_at=time.monotonic())
        text = commentary_instruction(None, self.options.change_threshold)
        seconds = await self._generation.try_out(self._request(line, frames, Asked(text)))
        if seconds is not None:
            self._pacer.tried(seconds)
        if self.engine_state is not None and self.engine_state.up:
            self._trials += 1
        self._back_off()

    def _back_off(self) -> None:
        self._not_before = max(self._not_before, time.monotonic() + self._generation.health.wait())

    def _request(self, line: Line, frames: Sequence[SampledFrame], asked: Asked) -> EngineRequest:
        persona = self.options.prompt or self.persona
        history = self.history.turns(but=asked.text)
        return engine_request(line, frames, asked, self.options, persona, history)

    def _window(self, anchor: SampledFrame) -> list[SampledFrame]:
        wanted = self.options.frames_per_inference
        count = max(1, min(wanted, self._pacer.frames_per_window(wanted)))
        return self._sampler.ending_at(anchor, count=count, stride=self.options.frame_stride)

    def _stop_waiting(self) -> None:
        """Give up what the next line of commentary waits for."""
        if self._in_flight.line is None:
            self._in_flight.cancel()
        self.wake()
