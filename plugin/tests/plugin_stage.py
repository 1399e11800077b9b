"""A session of the plugin with a scripted engine, and somebody who plays what it hands over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from gated_engine import Answer, ScriptedEngine, scripted_engine
from livekit.agents import NOT_GIVEN, APIConnectOptions, NotGivenOr, llm
from livekit.agents.metrics import RealtimeModelMetrics
from livekit.plugins.pressbox import (
    LINE_KEY,
    Line,
    Options,
    Pacer,
    PlaybackPacer,
    RealtimeModel,
    RealtimeSession,
)
from pictures import i420

QUICK = Options(
    change_threshold=0.0, repeat_threshold=1.0, inference_interval=0.0, capture_fps=10.0
)


@dataclass(eq=False)
class PluginStage:
    """What a test has in hand; lists fill as things happen."""

    engine: ScriptedEngine
    session: RealtimeSession
    listens: bool = True
    given: list[llm.GenerationCreatedEvent] = field(default_factory=list)
    heard: list[Line] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    changes: list[tuple[str, str]] = field(default_factory=list)
    dropped: list[Line] = field(default_factory=list)
    metrics: list[RealtimeModelMetrics] = field(default_factory=list)
    errors: list[llm.RealtimeModelError] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    players: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.session.on("generation_created", self._given)
        self.session.on("line_changed", self._line_changed)
        self.session.on("metrics_collected", lambda one: self._note(self.metrics, one))
        self.session.on("error", lambda one: self._note(self.errors, one))

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def ask(self, question: str) -> asyncio.Future[llm.GenerationCreatedEvent]:
        """As ``AgentSession`` asks what a user said or wrote."""
        context = self.session.chat_ctx
        context.add_message(role="user", content=question)
        await self.session.update_chat_ctx(context)
        return self.session.generate_reply()

    def play(self, event: llm.GenerationCreatedEvent) -> None:
        """Take all of it, as fast as it comes."""
        task = asyncio.create_task(self._play(event))
        self.players.add(task)
        task.add_done_callback(self.players.discard)

    async def _play(self, event: llm.GenerationCreatedEvent) -> None:
        async for message in event.message_stream:
            await asyncio.gather(self._read(message), self._hear(message))

    async def _read(self, message: llm.MessageGeneration) -> None:
        async for text in message.text_stream:
            so_far = self.texts.get(message.message_id, "")
            self.texts[message.message_id] = so_far + str(text)
            self.changed.set()

    async def _hear(self, message: llm.MessageGeneration) -> None:
        async for frame in message.audio_stream:
            if LINE_KEY in frame.userdata:
                self.heard.append(frame.userdata[LINE_KEY])
            so_far = self.seconds.get(message.message_id, 0.0)
            self.seconds[message.message_id] = so_far + frame.duration
            self.changed.set()

    def _given(self, event: llm.GenerationCreatedEvent) -> None:
        self._note(self.given, event)
        if self.listens:
            self.play(event)

    def _line_changed(self, line: Line) -> None:
        self._note(self.changes, (line.id, line.state))
        if line.state == "dropped":
            self._note(self.dropped, line)

    def _note(self, into: list[Any], what: Any) -> None:
        into.append(what)
        self.changed.set()


async def film(session: RealtimeSession, until: Callable[[], bool] = lambda: False) -> None:
    while not until():
        session.push_video(i420())
        await asyncio.sleep(0.01)


@asynccontextmanager
async def plugin_stage(
    *script: Answer,
    options: Options = QUICK,
    pacer: Pacer | None = None,
    filming: bool = True,
    conn_options: NotGivenOr[APIConnectOptions] = NOT_GIVEN,
) -> AsyncIterator[PluginStage]:
    """A session at work; at the end nothing of it is left."""
    async with scripted_engine(*script) as engine:
        model = RealtimeModel(
            base_url=engine.url,
            options=options,
            pacer=pacer or PlaybackPacer(pause=0.0),
            conn_options=conn_options,
        )
        session = model.session()
        on = PluginStage(engine, session)
        camera = asyncio.create_task(film(session)) if filming else None
        try:
            yield on
        finally:
            if camera:
                camera.cancel()
                await asyncio.wait({camera})
            await model.aclose()
            for task in set(on.players):
                task.cancel()
            if on.players:
                await asyncio.wait(set(on.players))
