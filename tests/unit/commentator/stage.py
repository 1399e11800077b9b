"""A commentator with a scripted pacer, a camera that the test works, and somebody who listens."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from gated_engine import Answer, ScriptedEngine, scripted_engine
from livekit.agents import tts as livekit_tts
from livekit.plugins.pressbox.commentator import (
    I420,
    Commentator,
    DropReason,
    Line,
    Lines,
    Options,
    sample,
)
from livekit.plugins.pressbox.engine import EngineError, EngineState

from agent.engine.engines import Engines
from agent.voice.choice import VoiceChoice
from agent.voice.speaker import Speaker

from .pictures import i420

QUICK = Options(
    change_threshold=0.0, repeat_threshold=1.0, inference_interval=0.0, capture_fps=10.0
)


@dataclass
class ScriptedPacer:
    """Lets everything through at once; a test can close its gates and turn its answers."""

    look_back: float = 0.0
    earliest_anchor: float = math.inf
    anchors: asyncio.Event = field(default_factory=asyncio.Event)
    starts: asyncio.Event = field(default_factory=asyncio.Event)
    late: bool = False
    frames: int = 64
    patience: float = 10.0
    not_before: float | None = None
    wants_trial: bool = False
    trials: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.anchors.set()
        self.starts.set()

    def attach(self, lines: Lines) -> None:
        """Nothing to pace."""

    def tried(self, seconds: float) -> None:
        self.trials.append(seconds)

    async def next_anchor(self) -> float:
        await self.anchors.wait()
        return time.monotonic() if self.not_before is None else self.not_before

    def answer_anchor(self) -> float:
        return time.monotonic()

    def frames_per_window(self, wanted: int) -> int:
        return min(wanted, self.frames)

    def deadline(self, line: Line) -> float:
        return line.requested_at + self.patience

    def is_late(self, line: Line) -> bool:
        return self.late and line.kind == "commentary"

    def start_time(self, line: Line) -> float:
        return 0.0 if self.starts.is_set() else math.inf


@dataclass(eq=False)
class Stage:
    """What a test has in hand; lists fill as things happen."""

    engine: ScriptedEngine
    commentator: Commentator[I420]
    pacer: ScriptedPacer
    heard: list[Line] = field(default_factory=list)
    complete: list[Line] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    dropped: list[tuple[str, str, DropReason | None]] = field(default_factory=list)
    states: list[EngineState] = field(default_factory=list)
    failures: list[EngineError] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    listens: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.listens.set()
        self.commentator.lines.listen(self._line_changed)
        self.commentator.observe(
            engine_state=lambda state: self._note(self.states, state),
            notice=lambda text: self._note(self.notices, text),
            failure=lambda error, _: self._note(self.failures, error),
        )

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what a list shows, at most 10 seconds."""
        async with asyncio.timeout(10):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def over(self, line: Line) -> Line:
        """The line, when it has ended or was dropped; within 10 seconds."""
        async with asyncio.timeout(10):
            await self.commentator.until_over(line)
        return line

    async def listen(self) -> None:
        """Play lines as they come, each as fast as it is made."""
        async for line in self.commentator:
            await self.listens.wait()
            await self.pacer.starts.wait()
            if self.commentator.lines.move(line, "playing"):
                await self._hear(line)

    async def _hear(self, line: Line) -> None:
        self._note(self.heard, line)
        while line.state == "playing":
            while line.speech:
                pcm = line.speech.popleft()
                self.seconds[line.id] = self.seconds.get(line.id, 0.0) + len(pcm) / 48_000
            if line.duration is not None:
                self.commentator.lines.move(line, "ended")
            else:
                await self.commentator.change()

    def _line_changed(self, line: Line) -> None:
        if line.duration is not None and line not in self.complete:
            self.complete.append(line)
        if line.state == "dropped":
            self.dropped.append((line.kind, line.text, line.reason))
        self.changed.set()

    def _note(self, into: list[Any], what: Any) -> None:
        into.append(what)
        self.changed.set()


async def _film(commentator: Commentator[I420]) -> None:
    while True:
        commentator.push(i420(), time.monotonic())
        await asyncio.sleep(0.01)


@asynccontextmanager
async def stage(
    *script: Answer,
    options: Options = QUICK,
    pacer: ScriptedPacer | None = None,
    filming: bool = True,
    url: str = "",
    tts: str | livekit_tts.TTS[Any] = "auto",
    tts_options: Mapping[str, Any] | None = None,
    **client: Any,
) -> AsyncIterator[Stage]:
    """A commentator at work. At the end nothing of it may be left: no task, no thread."""
    pacer = pacer or ScriptedPacer()
    async with scripted_engine(*script) as engine:
        engine_client = Engines(url or engine.url, **client)
        commentator: Commentator[I420] = Commentator(
            client=engine_client,
            speaker=Speaker(VoiceChoice(tts, tts_options or {})),
            pacer=pacer,
            options=options,
            encode=sample,
        )
        made = Stage(engine, commentator, pacer)
        commentator.start()
        tasks = [asyncio.create_task(made.listen())]
        if filming:
            tasks.append(asyncio.create_task(_film(commentator)))
        try:
            yield made
        finally:
            for task in tasks:
                task.cancel()
            await commentator.aclose()
            await engine_client.aclose()
            await asyncio.wait(tasks)
            assert len(commentator.lines) == 0
            names = [task.get_name() for task in asyncio.all_tasks()]
            names += [thread.name for thread in threading.enumerate()]
            assert [name for name in names if name.startswith("pressbox")] == []
