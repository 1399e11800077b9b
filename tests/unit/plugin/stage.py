"""A session with a scripted pacer, a camera that the test works, and somebody who listens."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from livekit.agents import llm
from livekit.agents import tts as livekit_tts
from livekit.agents.metrics import RealtimeModelMetrics

from agent.plugin import (
    LINE_KEY,
    DropReason,
    EngineClient,
    EngineState,
    Line,
    Options,
    RealtimeModel,
    RealtimeSession,
)

from .gated_engine import Answer, ScriptedEngine, scripted_engine
from .pictures import i420

QUICK = Options(inference_interval=0.0, capture_fps=10.0)


@dataclass
class ScriptedPacer:
    """Lets everything through at once; a test can close its gates and turn its answers."""

    look_back = 0.0
    earliest_anchor = math.inf

    anchors: asyncio.Event = field(default_factory=asyncio.Event)
    starts: asyncio.Event = field(default_factory=asyncio.Event)
    accepts: bool = True
    frames: int = 64
    patience: float = 10.0
    not_before: float | None = None
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.anchors.set()
        self.starts.set()

    async def next_anchor(self) -> float:
        await self.anchors.wait()
        return time.monotonic() if self.not_before is None else self.not_before

    def answer_anchor(self) -> float:
        return time.monotonic()

    def frames_per_window(self, wanted: int) -> int:
        return min(wanted, self.frames)

    def deadline(self, line: Line) -> float:
        return line.requested_at + self.patience

    def ready(self, line: Line) -> bool:
        self.calls.append(("ready", line.text))
        return self.accepts

    async def wait_start(self, line: Line) -> None:
        await self.starts.wait()

    def generated(self, line: Line) -> None:
        self.calls.append(("generated", line.text, line.duration))

    def dropped(self, line: Line, reason: DropReason) -> None:
        self.calls.append(("dropped", line.text, reason))


@dataclass(eq=False)
class Stage:
    """What a test has in hand; lists fill as things happen."""

    engine: ScriptedEngine
    session: RealtimeSession
    pacer: ScriptedPacer
    heard: list[Line] = field(default_factory=list)
    emitted: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    dropped: list[tuple[str, str, DropReason]] = field(default_factory=list)
    states: list[EngineState] = field(default_factory=list)
    errors: list[llm.RealtimeModelError] = field(default_factory=list)
    metrics: list[RealtimeModelMetrics] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    listens: bool = True
    listeners: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.session.on("generation_created", self._created)
        self.session.on("line_ready", lambda _: self.changed.set())
        self.session.on("line_dropped", self._dropped)
        self.session.on("engine_state", lambda state: self._note(self.states, state))
        self.session.on("error", lambda error: self._note(self.errors, error))
        self.session.on("engine_notice", lambda text: self._note(self.notices, text))
        self.session.on("metrics_collected", lambda one: self._note(self.metrics, one))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what a list shows, at most 10 seconds."""
        async with asyncio.timeout(10):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def ask(self, text: str) -> asyncio.Future[llm.GenerationCreatedEvent]:
        context = self.session.chat_ctx
        context.add_message(role="user", content=text)
        await self.session.update_chat_ctx(context)
        return self.session.generate_reply()

    def listen(self, event: llm.GenerationCreatedEvent) -> None:
        task = asyncio.create_task(self._listen(event))
        self.listeners.add(task)

    def _created(self, event: llm.GenerationCreatedEvent) -> None:
        self.emitted.append(event.response_id or "")
        self.changed.set()
        if self.listens:
            self.listen(event)

    async def _listen(self, event: llm.GenerationCreatedEvent) -> None:
        async for message in event.message_stream:
            modalities = await message.modalities
            if "audio" in modalities:
                async for frame in message.audio_stream:
                    if LINE_KEY in frame.userdata:
                        self._note(self.heard, frame.userdata[LINE_KEY])
                    old = self.seconds.get(message.message_id, 0.0)
                    self.seconds[message.message_id] = old + frame.duration
            text = "".join([part async for part in message.text_stream])
            if "audio" not in modalities:
                line = Line(message.message_id, "commentary", 0.0, 0.0, text=text)
                self._note(self.heard, line)
        self.changed.set()

    def _dropped(self, line: Line, reason: DropReason) -> None:
        self._note(self.dropped, (line.kind, line.text, reason))

    def _note(self, into: list[Any], what: Any) -> None:
        into.append(what)
        self.changed.set()


async def _film(session: RealtimeSession) -> None:
    while True:
        session.push_video(i420())
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
    """A session at work. At the end nothing of it may be left: no task, no thread."""
    pacer = pacer or ScriptedPacer()
    async with scripted_engine(*script) as engine:
        engine_client = EngineClient(url or engine.url, **client)
        model = RealtimeModel(
            engine=engine_client, pacer=pacer, options=options, tts=tts, tts_options=tts_options
        )
        made = Stage(engine, model.session(), pacer)
        camera = asyncio.create_task(_film(made.session)) if filming else None
        try:
            yield made
        finally:
            if camera is not None:
                camera.cancel()
            await made.session.aclose()
            await model.aclose()
            await engine_client.aclose()
            if made.listeners:
                await asyncio.wait(made.listeners, timeout=5)
            names = [task.get_name() for task in asyncio.all_tasks()]
            names += [thread.name for thread in threading.enumerate()]
            assert [name for name in names if name.startswith("pressbox")] == []
