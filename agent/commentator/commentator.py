"""The commentator: a simplex loop of a window, a request, a line, when something is worth one;
warnings and questions go before commentary.

One request is in flight at a time. The next line is made while one plays and at most one waits.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Generic

from agent.commentator.engine.errors import EngineError
from agent.commentator.engine.health import EngineState
from agent.commentator.engine.request import EngineRequest
from agent.commentator.generation import Engine, Generation
from agent.commentator.history import History
from agent.commentator.in_flight import InFlight
from agent.commentator.line import DropReason, Kind, Line, new_line
from agent.commentator.occasions import Occasions
from agent.commentator.options import Options
from agent.commentator.output import Output
from agent.commentator.pacer import Pacer
from agent.commentator.prompt import (
    SPOKEN_QUESTION,
    WARNING,
    Asked,
    Occasion,
)
from agent.commentator.repeats import Repeats
from agent.commentator.requests import Requests
from agent.commentator.sampler import F, FrameSampler
from agent.commentator.scene.scene import Scene
from agent.commentator.voice.speaker import Speaker
from agent.commentator.window import SampledFrame
from config.tasks import Tasks

MAX_WAITING = 1
"""Ready lines that may wait for their start while another request leaves."""
MAX_LIVE = 8
"""Answers and warnings that may be under way; a further one is refused."""
MAX_TRIALS = 5
"""Requests that nobody hears, while the pacer wants to know how long the engine takes."""
AFTER_BUG = 1.0
"""Seconds of pause after an error that should not be."""
NEXT_LOOK = 0.05
"""Seconds after a picture that is worth no line, from which on the next one is looked at."""
Work = Coroutine[None, None, None]


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
        self.history = History(self.lines)
        self.scene = Scene()
        self.repeats = Repeats(self.lines, options.repeat_threshold)
        self._speaker = speaker
        self._sampler: FrameSampler[F] = FrameSampler(options, pacer, encode, self.scene.see)
        self._generation = Generation(client, speaker, self, pacer, self.repeats)
        self._requests = Requests(options, self._sampler, self.history, pacer)
        self.occasions = Occasions(self.lines, self.scene)
        self._tasks = Tasks(lambda text: self._generation.on_notice(text))
        self._in_flight = InFlight(self.lines)
        self._live: deque[tuple[Line, Work]] = deque()
        self._to_judge: deque[tuple[str, asyncio.Future[str]]] = deque()
        self._paused = False
        self._looking = False
        """It waits for a picture that is worth a line."""
        self._not_before = 0.0
        self._trials = 0

    @property
    def options(self) -> Options:
        """What it goes by."""
        return self._requests.options

    def instruct(self, persona: str) -> None:
        """Use these words where ``options.prompt`` is empty."""
        self._requests.persona = persona

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
        while self._live:
            self._live.pop()[1].close()
        self.wake()
        await self._tasks.aclose()
        await self._in_flight.aclose()
        for _, answer in self._to_judge:
            answer.set_result("")
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
        self._requests.options = options
        self.repeats.threshold = options.repeat_threshold
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
        self.scene.reset()
        self.occasions.reset()
        self.drop_unheard("cancelled")
        self._stop_waiting()

    def ask(
        self,
        question: str,
        instructions: str = "",
        sound: bytes = b"",
        *,
        asker: str = "",
        seen: float | None = None,
    ) -> Line:
        """Put a question before all commentary; what of that is not yet heard is dropped.

        ``sound`` is the question as it was spoken, 16 kHz mono int16, empty where it was written.
        ``seen`` is the capture time of what who asks saw, monotonic seconds; None: what is on
        display now. The answer's line is returned at once; ``until_over`` waits for its end.
        """
        asked = Asked(question or SPOKEN_QUESTION, instructions, sound)
        line = self._new("answer", question, asker)
        limit = self._pacer.answer_anchor() if seen is None else seen
        return self._before_all(line, self._answer(line, asked, limit))

    def alert(self, text: str, instructions: str = "") -> Line:
        """Warn of something, now: commentary falls silent, and waiting questions wait on."""
        line = self._new("alert")
        self.silence()
        return self._before_all(
            line, self._answer(line, Asked(f"{WARNING}{text}", instructions), time.monotonic())
        )

    def say(self, text: str, *, asker: str = "") -> Line:
        """Have this said, word for word, without any engine; as an answer."""
        line = self._new("answer", asker=asker)
        request = self._requests.about(line, None, Asked(text))
        return self._before_all(line, self._generation.say(line, text, request))

    async def judge(self, question: str) -> str:
        """What the engine says of the newest pictures, as text that nobody hears; "" where it says
        nothing. Waits for the line that is being made.
        """
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if len(self._to_judge) >= MAX_LIVE or self.closed:
            return ""
        self._to_judge.append((question, answer))
        if self._looking:
            self._in_flight.cancel()
        self.wake()
        return await answer

    @property
    def newest_frame(self) -> SampledFrame | None:
        """The newest of the frames that go into windows."""
        return self._sampler.newest

    def silence(self) -> None:
        """Drop all commentary, what is being heard too."""
        for line in self.lines:
            if line.kind == "commentary":
                self.lines.drop(line, "interrupted")

    def _new(self, kind: Kind, question: str = "", asker: str = "") -> Line:
        now = time.monotonic()
        return new_line(kind, anchor=now, requested_at=now, question=question, asker=asker)

    def _before_all(self, line: Line, work: Work) -> Line:
        under_way = sum(one.live for one in self.lines)
        self.lines.add(line)
        if self.closed or under_way >= MAX_LIVE:
            why = "the commentator is closed" if self.closed else f"{MAX_LIVE} others are waiting"
            self.lines.drop(line, "refused", why)
            work.close()
            return line
        (self._live.appendleft if line.kind == "alert" else self._live.append)((line, work))
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

    async def _next_work(self) -> tuple[Work, Line | None]:
        """Wait until an engine may be asked something; what, and for which line."""
        while True:
            if self._live:
                line, work = self._live.popleft()
                return work, line
            waiting = sum(line.state in ("ready", "waiting") for line in self.lines)
            if (left := self._not_before - time.monotonic()) > 0:
                await self.change(left)
            elif self._generation.must_probe:
                return self._probe(), None
            elif self._to_judge:
                return self._judge(*self._to_judge.popleft()), None
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
        anchor, occasion = await self._next_worth_a_line()
        now = time.monotonic()
        self._not_before = now + self.options.inference_interval
        self.occasions.take()
        line = new_line("commentary", anchor=anchor.capture_time, requested_at=now)
        self._in_flight.line = line
        self.lines.add(line)
        await self._make(line, self._requests.commentary(line, anchor, occasion))

    async def _next_worth_a_line(self) -> tuple[SampledFrame, Occasion]:
        """The gate of pictures: wait for one that a line is to be asked about, and why."""
        after, self._looking = float("-inf"), True
        try:
            while True:
                wanted = max(after, await self._pacer.next_anchor())
                anchor = await self._sampler.first_from(wanted)
                if occasion := self.occasions.at(anchor.capture_time, self.options):
                    return anchor, occasion
                after = anchor.capture_time + NEXT_LOOK
        finally:
            self._looking = False

    async def _judge(self, question: str, answer: asyncio.Future[str]) -> None:
        text = ""
        try:
            anchor = await self._sampler.newest_until(time.monotonic())
            if anchor is not None:
                line = self._new("answer")
                line.anchor = anchor.capture_time
                request = self._requests.about(line, anchor, Asked(question))
                text = await self._generation.read(replace(request, audio=False))
        finally:
            if not answer.done():
                answer.set_result(text)
        self._back_off()

    async def _answer(self, line: Line, asked: Asked, limit: float) -> None:
        if line.over:
            return
        anchor = await self._sampler.newest_until(limit)
        line.requested_at = time.monotonic()
        line.anchor = anchor.capture_time if anchor else line.requested_at
        await self._make(line, self._requests.about(line, anchor, asked))

    async def _make(self, line: Line, request: EngineRequest) -> None:
        await self._generation.make(line, request)
        self._back_off()

    async def _try_out(self) -> None:
        """Learn how long the engine takes, before anybody waits for it."""
        anchor = await self._sampler.first_from(time.monotonic())
        seconds = await self._generation.try_out(self._requests.trial(anchor))
        if seconds is not None:
            self._pacer.tried(seconds)
        if self.engine_state is not None and self.engine_state.up:
            self._trials += 1
        self._back_off()

    def _back_off(self) -> None:
        self._not_before = max(self._not_before, time.monotonic() + self._generation.health.wait())

    def _stop_waiting(self) -> None:
        """Give up what the next line of commentary waits for."""
        if self._in_flight.line is None:
            self._in_flight.cancel()
        self.wake()
