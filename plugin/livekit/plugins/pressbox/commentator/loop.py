"""The simplex loop: a window, a request, a line, when something is worth one; warnings, questions
and judgements go before commentary.

One request is in flight at a time. The next line is made while one plays and at most one waits.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from dataclasses import replace
from typing import Generic

from ..engine.request import EngineRequest
from .generation import Generation
from .in_flight import InFlight, told
from .line import Line, new_line
from .occasions import Occasions
from .output import Output
from .pacer import Pacer
from .prompt import Asked, Occasion
from .requests import Requests
from .sampler import F, FrameSampler
from .window import SampledFrame

MAX_WAITING = 1
"""Ready lines that may wait for their start while another request leaves."""
MAX_LIVE = 8
"""Answers and warnings that may be under way, and judgements that may wait."""
MAX_TRIALS = 5
"""Requests that nobody hears, while the pacer wants to know how long the engine takes."""
AFTER_BUG = 1.0
"""Seconds of pause after an error that should not be."""
NEXT_LOOK = 0.05
"""Seconds after a picture that is worth no line, from which on the next one is looked at."""
Work = Coroutine[None, None, None]


class Loop(Generic[F]):
    """Decides what an engine is asked next, and asks it. ``run`` is the one task."""

    def __init__(
        self,
        output: Output,
        pacer: Pacer,
        sampler: FrameSampler[F],
        requests: Requests[F],
        generation: Generation,
        occasions: Occasions,
    ) -> None:
        self._output = output
        self._lines = output.lines
        self._pacer = pacer
        self._sampler = sampler
        self._requests = requests
        self._generation = generation
        self._occasions = occasions
        self._in_flight = InFlight(output.lines)
        self._live: deque[tuple[Line, Work]] = deque()
        self._to_judge: deque[tuple[str, asyncio.Future[str]]] = deque()
        self._paused = False
        self._looking = False
        """It waits for a picture that is worth a line."""
        self._not_before = 0.0
        self._trials = 0

    # what is wanted of it

    def pause(self, *, paused: bool) -> None:
        """Whether no commentary is asked for."""
        self._paused = paused
        if paused:
            self.stop_waiting()
        self._output.wake()

    def stop_waiting(self) -> None:
        """Give up what the next line of commentary waits for."""
        if self._in_flight.line is None:
            self._in_flight.cancel()
        self._output.wake()

    def ask(self, line: Line, asked: Asked, limit: float) -> Line:
        """Have this line made before any commentary, of the newest picture captured at ``limit``
        (monotonic seconds) or earlier.
        """
        return self._put(line, self._answer(line, asked, limit))

    def say(self, line: Line, text: str) -> Line:
        """Have this line say that text, before any commentary."""
        request = self._requests.about(line, None, Asked(text))
        return self._put(line, self._generation.say(line, text, request))

    async def judge(self, question: str) -> str:
        """What the engine says of the newest pictures, "" for nothing."""
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if len(self._to_judge) >= MAX_LIVE or self._output.closed:
            return ""
        self._to_judge.append((question, answer))
        if self._looking:
            self._in_flight.cancel()
        self._output.wake()
        return await answer

    async def aclose(self) -> None:
        """Break off what is in flight and wait. Idempotent; ``run`` has ended."""
        while self._live:
            self._live.pop()[1].close()
        await self._in_flight.aclose()
        for _, answer in self._to_judge:
            if not answer.done():
                answer.set_result("")

    def _put(self, line: Line, work: Work) -> Line:
        under_way = sum(one.live for one in self._lines)
        self._lines.add(line)
        if self._output.closed or under_way >= MAX_LIVE:
            closed = "the commentator is closed" if self._output.closed else ""
            self._lines.drop(line, "refused", closed or f"{MAX_LIVE} others are waiting")
            work.close()
            return line
        (self._live.appendleft if line.kind == "alert" else self._live.append)((line, work))
        self._output.drop_unheard("interrupted")
        if self._in_flight.line is None or self._in_flight.line.kind == "commentary":
            self._in_flight.cancel()
        self._output.wake()
        return line

    # what it does

    async def run(self) -> None:
        """Go on for ever."""
        while True:
            failed = ""
            try:
                work, line = await self._next_work()
                failed = await self._in_flight.run(work, line)
            except Exception as error:
                failed = told(error)
            if failed:
                self._generation.on_notice(failed)
                self._not_before = time.monotonic() + AFTER_BUG

    async def _next_work(self) -> tuple[Work, Line | None]:
        """Wait until an engine may be asked something; what, and for which line."""
        while True:
            if self._live:
                line, work = self._live.popleft()
                return work, line
            waiting = sum(line.state in ("ready", "waiting") for line in self._lines)
            if (left := self._not_before - time.monotonic()) > 0:
                await self._output.change(left)
            elif self._generation.must_probe:
                return self._probe(), None
            elif self._to_judge:
                return self._judge(*self._to_judge.popleft()), None
            elif self._paused or waiting > MAX_WAITING:
                await self._output.change()
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
        self._not_before = now + self._requests.options.inference_interval
        line = new_line("commentary", anchor=anchor.capture_time, requested_at=now)
        told = self._occasions.take(line)
        self._in_flight.line = line
        self._lines.add(line)
        await self._make(line, self._requests.commentary(line, anchor, occasion, told))

    async def _next_worth_a_line(self) -> tuple[SampledFrame, Occasion]:
        """The gate of pictures: wait for one that a line is to be asked about, and why."""
        after, self._looking = float("-inf"), True
        try:
            while True:
                wanted = max(after, await self._pacer.next_anchor())
                anchor = await self._sampler.first_from(wanted)
                occasion = self._occasions.at(anchor.capture_time, self._requests.options)
                if occasion is None and self._generation.is_down:
                    occasion = "still"  # or nobody would see that it is back
                if occasion is not None:
                    return anchor, occasion
                after = anchor.capture_time + NEXT_LOOK
        finally:
            self._looking = False

    async def _judge(self, question: str, answer: asyncio.Future[str]) -> None:
        text = ""
        try:
            anchor = await self._sampler.newest_until(time.monotonic())
            if anchor is not None:
                seen = anchor.capture_time
                line = new_line("answer", anchor=seen, requested_at=time.monotonic())
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
        state = self._generation.health.state
        if state is not None and state.up:
            self._trials += 1
        self._back_off()

    def _back_off(self) -> None:
        self._not_before = max(self._not_before, time.monotonic() + self._generation.health.wait())
