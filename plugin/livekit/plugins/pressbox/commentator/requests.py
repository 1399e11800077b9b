"""Makes each request of what is known by then: pictures, what was said, what is wanted."""

from __future__ import annotations

import math
import time
from typing import Generic

from ..engine.request import EngineRequest
from .history import History
from .line import Line, new_line
from .note import Note
from .options import Options
from .pacer import Pacer
from .prompt import (
    Asked,
    Occasion,
    commentary_instruction,
    engine_request,
)
from .sampler import F, FrameSampler
from .window import SampledFrame

CLOSE = 0.5
"""Seconds between the pictures of a window about what has just begun, at most."""


class Requests(Generic[F]):
    """Belongs to one commentator."""

    def __init__(
        self,
        options: Options,
        sampler: FrameSampler[F],
        history: History,
        pacer: Pacer,
        note: Note,
    ) -> None:
        self.options = options
        self.persona = ""
        """Whose words it uses where ``options.prompt`` is empty."""
        self._sampler = sampler
        self._history = history
        self._pacer = pacer
        self._note = note

    def commentary(
        self, line: Line, anchor: SampledFrame, why: Occasion, told: float
    ) -> EngineRequest:
        """A line of commentary about the window that ends with ``anchor``, and begins with what was
        last ``told`` (capture time); what has just begun is looked at more closely.
        """
        stride = self.options.frame_stride
        if why in ("begin", "upheaval"):
            stride = min(stride, max(1, round(CLOSE * self.options.capture_fps)))
        asked = Asked(commentary_instruction(why, self.options))
        return self._made(line, self._window(anchor, stride, told), asked)

    def about(self, line: Line, anchor: SampledFrame | None, asked: Asked) -> EngineRequest:
        """What is asked, with the window that ends with ``anchor``; None: without pictures."""
        stride = self.options.frame_stride
        return self._made(line, self._window(anchor, stride) if anchor else [], asked)

    def trial(self, anchor: SampledFrame) -> EngineRequest:
        """As large as any of commentary, though few pictures are known."""
        frames = self._window(anchor, self.options.frame_stride)
        frames = [*frames[:1] * (self.options.frames_per_inference - len(frames)), *frames]
        line = new_line("commentary", anchor=anchor.capture_time, requested_at=anchor.capture_time)
        return self._made(line, frames, Asked(commentary_instruction("first", self.options)))

    def _made(self, line: Line, frames: list[SampledFrame], asked: Asked) -> EngineRequest:
        persona = self.options.prompt or self.persona
        history = self._history.turns(but=asked.text)
        said = self._note.line(time.monotonic(), news=line.news)
        return engine_request(line, frames, asked, self.options, persona, history, said)

    def _window(
        self, anchor: SampledFrame, stride: int, told: float = math.inf
    ) -> list[SampledFrame]:
        wanted = self.options.frames_per_inference
        count = max(1, min(wanted, self._pacer.frames_per_window(wanted)))
        return self._sampler.ending_at(anchor, count=count, stride=stride, told=told)
