"""The commentator: a simplex loop of a window, a request, a line; questions go before commentary.

One request is in flight at a time. The next line is made while one plays and at most one waits.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Generic

from agent.commentator.engine.client import EngineClient
from agent.commentator.engine.errors import EngineError
from agent.commentator.engine.health import EngineState
from agent.commentator.engine.request import EngineRequest
from agent.commentator.generation import Generation
from agent.commentator.history import History
from agent.commentator.line import DropReason, Line, Lines, new_line
from agent.commentator.options import Options
from agent.commentator.pacer import Pacer
from agent.commentator.prompt import SPOKEN_QUESTION, commentary_instruction, engine_request
from agent.commentator.sampler import F, FrameSampler
from agent.commentator.voice.speaker import Speaker
from agent.commentator.window import Grey, SampledFrame, change

logger = logging.getLogger(__name__)

MAX_WAITING = 1
"""Ready lines that may wait for their start while another request leaves."""
MAX_QUESTIONS = 8
"""Questions that may wait; a further one is refused."""
AFTER_BUG = 1.0
"""Seconds of pause after an error that should not be."""
TRIALS = 2
"""Requests that nobody hears while nothing is known of the engine: the first one warms it up."""


class Commentator(Generic[F]):
    """Looks at pictures and has something to say: ``async for line in commentator``.

    Each line is handed out once it is ready; who takes it says with ``lines.move`` when it plays
    and when it has ended, and stops when it finds it dropped. Runs from ``start()`` to
    ``aclose()``. Belongs to one event loop.
    """

    def __init__(
        self,
        *,
        client: EngineClient,
        speaker: Speaker,
        pacer: Pacer,
        options: Options,
        encode: Callable[[F, float], SampledFrame],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``encode(frame, capture_time)`` makes of a frame what engines are sent; in a thread."""
        self.options = options
        self.lines = Lines(clock)
        self.history = History(self.lines)
        self.persona = ""
        """Whose words it uses where ``options.prompt`` is empty."""
        self._client = client
        self._speaker = speaker
        self._pacer = pacer
        self._clock = clock
        pacer.attach(self.lines)
        self._sampler: FrameSampler[F] = FrameSampler(
            capture_fps=options.capture_fps,
            window_size=options.window_size,
            look_back=lambda: pacer.look_back,
            earliest_anchor=lambda: pacer.earliest_anchor,
            encode=encode,
        )
        self._generation = Generation(
            client=client, speaker=speaker, lines=self.lines, pacer=pacer, clock=clock
        )
        self.lines.listen(self._line_changed)
        self._generation.on_piece = self._wake
        self._waiters: set[asyncio.Future[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._request: asyncio.Task[None] | None = None
        self._making: Line | None = None
        self._questions: deque[tuple[Line, str, bytes]] = deque()
        self._paused = False
        self._not_before = 0.0
        self._trials = 0
        self._pictures: deque[tuple[Line, Grey]] = deque(maxlen=MAX_WAITING + 3)

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
        """Begin. Nothing is asked while nobody takes the lines."""
        if self.options.enable_tts:
            self._speaker.prepare(self.options.language, self.options.voice)
        self._task = asyncio.create_task(self._run(), name="pressbox-commentator")

    async def aclose(self) -> None:
        """Drop everything and wait until no task and no thread is left. Idempotent."""
        tasks = [task for task in (self._task, self._request) if task is not None]
        for task in tasks:
            task.cancel()
        for line in self.lines:
            self.lines.drop(line, "cancelled")
        if tasks:
            await asyncio.wait(tasks)
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
        self._sampler.set_options(capture_fps=options.capture_fps, window_size=options.window_size)
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
        self._stop_commentary()

    def resume(self) -> None:
        """Go on with commentary."""
        self._paused = False
        self._wake()

    def reset_window(self) -> None:
        """The source is another one: forget all pictures, and what is not yet heard of them."""
        self._sampler.reset()
        self._pictures.clear()
        self.drop_unheard("cancelled")
        self._stop_commentary()

    def ask(self, question: str, instructions: str = "", sound: bytes = b"") -> Line:
        """Put a question before all commentary; what of that is not yet heard is dropped.

        ``sound`` is the question as it was spoken, 16 kHz mono int16, empty where it was written.
        The answer's line is returned at once; ``until_over`` waits for its end.
        """
        now = self._clock()
        line = new_line("answer", anchor=now, requested_at=now, question=question)
        self.lines.add(line)
        if len(self._questions) >= MAX_QUESTIONS:
            self.lines.drop(line, "refused", f"{MAX_QUESTIONS} questions are waiting already")
            return line
        self._questions.append((line, instructions, sound))
        self.drop_unheard("interrupted")
        self._stop_commentary(playing=True)
        return line

    def interrupt(self) -> None:
        """Drop everything, what is being heard too: commentary and answers."""
        for line in self.lines:
            self.lines.drop(line, "interrupted", "the question was interrupted")
        self._stop_commentary()

    def drop_unheard(self, reason: DropReason) -> None:
        """Drop the commentary that is not yet heard."""
        for line in self.lines:
            if line.kind == "commentary" and line.state != "playing":
                self.lines.drop(line, reason)

    # what comes out

    async def __aiter__(self) -> AsyncIterator[Line]:
        while True:
            line = next((line for line in self.lines if line.state == "ready"), None)
            if line is not None and self.lines.move(line, "waiting"):
                yield line
            else:
                await self.change()

    async def change(self, timeout: float | None = None) -> None:
        """Wait until anything changes, such as a line's state or speech; ``timeout`` seconds at
        most.
        """
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            async with asyncio.timeout(timeout):
                await waiter
        except TimeoutError:
            pass
        finally:
            self._waiters.discard(waiter)

    async def until_over(self, line: Line) -> None:
        """Wait until the line has ended or was dropped."""
        while not line.over:
            await self.change()

    # the loop

    async def _run(self) -> None:
        while True:
            work = await self._next_work()
            self._request = asyncio.create_task(work, name="pressbox-request")
            await asyncio.wait({self._request})
            self._making = None
            if not self._request.cancelled() and (error := self._request.exception()) is not None:
                logger.error("a request failed", exc_info=error)
                self._generation.on_notice(f"a line failed ({type(error).__name__})")
                self._not_before = self._clock() + AFTER_BUG

    async def _next_work(self) -> Coroutine[None, None, None]:
        """Wait until an engine may be asked something, and what."""
        while True:
            waiting = sum(line.state in ("ready", "waiting") for line in self.lines)
            if self._questions:
                line, instructions, sound = self._questions.popleft()
                self._making = line
                return self._answer(line, instructions, sound)
            if self._generation.must_probe:
                return self._generation.probe()
            if (left := self._not_before - self._clock()) > 0:
                await self.change(left)
            elif self._pacer.wants_trial and self._trials < TRIALS:
                return self._try_out()
            elif self._paused or waiting > MAX_WAITING:
                await self.change()
            else:
                return self._comment()

    async def _comment(self) -> None:
        anchor = await self._sampler.nearest(await self._pacer.next_anchor())
        before = self._last_grey
        changed = None if before is None else change(before, anchor.grey)
        started = self._clock()
        line = new_line("commentary", anchor=anchor.capture_time, requested_at=started)
        self._pictures.append((line, anchor.grey))
        self.lines.add(line)
        text = commentary_instruction(changed, self.options.change_threshold)
        await self._make(line, self._window(anchor), text)
        backoff = self._generation.health.wait()
        self._not_before = max(started + self.options.inference_interval, self._clock() + backoff)

    async def _answer(self, line: Line, instructions: str, sound: bytes) -> None:
        if line.over:
            return
        anchor = await self._sampler.newest_until(self._pacer.answer_anchor())
        line.requested_at = self._clock()
        line.anchor = anchor.capture_time if anchor else line.requested_at
        frames = self._window(anchor) if anchor else []
        await self._make(line, frames, line.question or SPOKEN_QUESTION, instructions, sound)

    async def _try_out(self) -> None:
        """Learn how long the engine takes, before anybody waits for it."""
        anchor = await self._sampler.nearest(self._clock())
        frames = self._window(anchor)
        frames = [*[anchor] * (self.options.frames_per_inference - len(frames)), *frames]
        text = commentary_instruction(None, self.options.change_threshold)
        line = new_line("commentary", anchor=anchor.capture_time, requested_at=self._clock())
        seconds = await self._generation.try_out(self._engine_request(line, frames, text))
        self._trials += 1
        if seconds is not None and self._trials == TRIALS:
            self._pacer.tried(seconds)
        self._not_before = self._clock() + self._generation.health.wait()

    async def _make(
        self,
        line: Line,
        frames: Sequence[SampledFrame],
        text: str,
        instructions: str = "",
        sound: bytes = b"",
    ) -> None:
        self._making = line
        request = self._engine_request(line, frames, text, instructions, sound)
        await self._generation.make(line, request)

    def _engine_request(
        self,
        line: Line,
        frames: Sequence[SampledFrame],
        text: str,
        instructions: str = "",
        sound: bytes = b"",
    ) -> EngineRequest:
        history = self.history.turns(but=text)
        persona = self.options.prompt or self.persona
        return engine_request(
            line, frames, text, self.options, persona, history, instructions, sound
        )

    def _window(self, anchor: SampledFrame) -> list[SampledFrame]:
        wanted = self.options.frames_per_inference
        count = max(1, min(wanted, self._pacer.frames_per_window(wanted)))
        return self._sampler.ending_at(anchor, count=count, stride=self.options.frame_stride)

    @property
    def _last_grey(self) -> Grey | None:
        """The picture of the newest line that was said, or will be."""
        for line, grey in reversed(self._pictures):
            if line.said or line.state not in ("made", "dropped"):
                return grey
        return None

    def _stop_commentary(self, *, playing: bool = False) -> None:
        """Give up what commentary waits for; ``playing``: also the rest of the line being heard."""
        making = self._making
        if making is None or (making.kind == "commentary" and (playing or making.over)):
            self._cancel_request()
        self._wake()

    def _cancel_request(self) -> None:
        if self._request is not None and self._request is not asyncio.current_task():
            self._request.cancel()

    def _line_changed(self, line: Line) -> None:
        if line.over and line is self._making:
            self._cancel_request()
        self._wake()

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
