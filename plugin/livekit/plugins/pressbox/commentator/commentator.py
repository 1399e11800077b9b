"""The commentator: looks at pictures, and has something to say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Generic

from ..engine.errors import EngineError
from ..engine.health import BACKOFF_FIRST, EngineState
from ..engine.request import Engine
from ..scene.scene import Scene, Tracker
from .generation import Generation, Speaker
from .history import History
from .line import Kind, Line, new_line
from .loop import Loop
from .note import Note
from .occasions import Occasions
from .options import Options
from .output import Output
from .pacer import Pacer
from .prompt import (
    SPOKEN_QUESTION,
    WARNING,
    Asked,
)
from .repeats import Repeats
from .requests import Requests
from .sampler import F, FrameSampler
from .window import SampledFrame


class Commentator(Output, Generic[F]):
    """Looks at pictures and has something to say. Runs from ``start()`` to ``aclose()``."""

    def __init__(
        self,
        *,
        client: Engine,
        pacer: Pacer,
        options: Options,
        encode: Callable[[F, float], SampledFrame],
        speaker: Speaker | None = None,
        tracker: Tracker | None = None,
        retry_interval: float = BACKOFF_FIRST,
    ) -> None:
        """``encode(frame, capture_time)`` makes of a frame what engines are sent; in a thread.
        ``speaker``: None where nobody but the engine speaks. ``tracker``: see ``Scene``.
        ``retry_interval``: seconds until an engine that failed is asked again, at first.
        """
        super().__init__(pacer)
        self.history = History(self.lines)
        self.scene = Scene(tracker)
        self.note = Note()
        """What the source says besides its picture."""
        self.repeats = Repeats(self.lines, options.repeat_threshold)
        self._speaker = speaker
        self._sampler: FrameSampler[F] = FrameSampler(options, pacer, encode, self.scene.see)
        self._generation = Generation(client, speaker, self, pacer, self.repeats, retry_interval)
        self._requests = Requests(options, self._sampler, self.history, pacer, self.note)
        self.occasions = Occasions(self.lines, self.scene, self.note)
        self._loop = Loop(
            self, pacer, self._sampler, self._requests, self._generation, self.occasions
        )
        self._task: asyncio.Task[None] | None = None

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
        failure: Callable[[EngineError, int], None] = lambda *_: None,
    ) -> None:
        """Call these with each change of the engine's state, with what whoever watches should know,
        and with each failure and how many there were in a row. None of them may raise.
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
        if self.options.enable_tts and self._speaker:
            self._speaker.prepare(self.options.language, self.options.voice)
        self._task = asyncio.create_task(self._loop.run(), name="pressbox-commentary")

    async def aclose(self) -> None:
        """Drop everything and wait until no task and no thread is left. Idempotent."""
        self.closed = True
        for line in self.lines:
            self.lines.drop(line, "cancelled")
        self.wake()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        await self._loop.aclose()
        if self._speaker:
            await self._speaker.aclose()
        await self._sampler.aclose()

    # what goes in

    def push(self, frame: F, capture_time: float) -> None:
        """A frame of the source, captured at monotonic seconds; call it for every one, most cost
        microseconds. It is kept, not copied.
        """
        self._sampler.push(frame, capture_time)

    def update_options(self, options: Options) -> None:
        """Use these from the next request on. Without speech, what is being heard falls silent, and
        what is to come is text only.
        """
        self._requests.options = options
        self.repeats.threshold = options.repeat_threshold
        self._sampler.set_options(options)
        if not options.enable_tts:
            for line in self.lines:
                if line.state == "playing" and not line.text_only:
                    self._break_off(line)
                line.text_only = line.text_only or not line.over

    def pause(self, *, unheard: bool = True) -> None:
        """No more commentary; ``unheard``: what is not yet heard is dropped too. Questions are
        answered all the same.
        """
        if unheard:
            self.drop_unheard("cancelled")
        self._loop.pause(paused=True)

    def resume(self) -> None:
        """Go on with commentary."""
        self._loop.pause(paused=False)

    def reset_window(self) -> None:
        """The source is another one: forget all pictures, and what is not yet heard of them."""
        self._sampler.reset()
        self.scene.reset()
        self.occasions.reset()
        self.drop_unheard("cancelled")
        self._loop.stop_waiting()

    def ask(
        self,
        question: str,
        instructions: str = "",
        sound: bytes = b"",
        *,
        asker: str = "",
        seen: float | None = None,
        line_id: str = "",
    ) -> Line:
        """Put a question before all commentary; what of that is not yet heard is dropped.

        ``sound`` is the question as it was spoken, 16 kHz mono int16, empty where it was written.
        ``seen`` is the capture time of what who asks saw, monotonic seconds; None: what is on
        display now. The answer's line is returned at once; ``until_over`` waits for its end. Its id
        is a new one unless ``line_id`` is given.
        """
        asked = Asked(question or SPOKEN_QUESTION, instructions, sound)
        limit = self._pacer.answer_anchor() if seen is None else seen
        return self._loop.ask(_new("answer", question, asker, line_id), asked, limit)

    def alert(self, text: str, instructions: str = "") -> Line:
        """Warn of something, now: commentary falls silent, and waiting questions wait on. Where no
        engine can word it, the text is said as it is.
        """
        self.silence()
        if self._generation.is_down:
            return self._loop.say(_new("alert"), text)
        asked = Asked(f"{WARNING}{text}", instructions)
        return self._loop.ask(_new("alert"), asked, time.monotonic())

    def say(self, text: str, *, asker: str = "", question: str = "", line_id: str = "") -> Line:
        """Have this said, word for word, without any engine; as an answer."""
        return self._loop.say(_new("answer", question, asker, line_id), text)

    async def judge(self, question: str) -> str:
        """What the engine says of the newest pictures, as text that nobody hears; "" where it says
        nothing. Waits for the line that is being made.
        """
        return await self._loop.judge(question)

    @property
    def newest_frame(self) -> SampledFrame | None:
        """The newest of the frames that go into windows."""
        return self._sampler.newest

    def silence(self) -> None:
        """Drop all commentary, what is being heard too."""
        for line in self.lines:
            if line.kind == "commentary":
                self.lines.drop(line, "interrupted")

    def interrupt(self) -> None:
        """Drop everything, what is being heard too: commentary and answers."""
        for line in self.lines:
            self._break_off(line)

    def _break_off(self, line: Line) -> None:
        self.lines.drop(line, "interrupted", "the question was interrupted")


def _new(kind: Kind, question: str = "", asker: str = "", line_id: str = "") -> Line:
    now = time.monotonic()
    line = new_line(kind, anchor=now, requested_at=now, question=question, asker=asker)
    line.id = line_id or line.id
    return line
