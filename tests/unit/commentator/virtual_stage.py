"""A commentator on virtual time: a scripted client, a camera, and a player like the booth's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
from livekit.plugins.pressbox.audio import FRAME_SECONDS
from livekit.plugins.pressbox.commentator import (
    Commentator,
    Line,
    Options,
    Pacer,
    SampledFrame,
    State,
)
from livekit.plugins.pressbox.engine import EngineState

from agent.voice.choice import VoiceChoice
from agent.voice.speaker import Speaker

from .scripted_client import ScriptedClient
from .stage import ScriptedPacer

LOOK_AGAIN = 0.1
AT_ONCE = 5
"""Pieces of sound that the player hands over at once."""

GREY = np.zeros((90, 160), np.uint8)
QUICK = Options(change_threshold=0.0, repeat_threshold=1.0, inference_interval=0.0)


@dataclass(eq=False)
class Player:
    """Plays lines one after another, and moves them on, as the booth's voice does."""

    commentator: Commentator[int]
    keeps: bool = True
    started: list[Line] = field(default_factory=list)
    count: int = 0

    async def run(self) -> None:
        async for line in self.commentator:
            if await self.commentator.until_start(line):
                self.commentator.lines.move(line, "playing")
                self.count += 1
                if self.keeps:
                    self.started.append(line)
                await self._play(line)

    async def _play(self, line: Line) -> None:
        begun = time.monotonic()
        while line.state == "playing":
            if line.text_only:
                left = begun + (line.length or 1e9) - time.monotonic()
            elif line.speech:
                pieces = min(AT_ONCE, len(line.speech))
                for _ in range(pieces):
                    line.speech.popleft()
                await asyncio.sleep(pieces * FRAME_SECONDS)
                continue
            else:
                left = 0.0 if line.duration is not None else 1e9
            if left <= 0:
                self.commentator.lines.move(line, "ended")
            else:
                await self.commentator.change(min(left, LOOK_AGAIN))


@dataclass(eq=False)
class VirtualStage:
    client: ScriptedClient
    commentator: Commentator[int]
    pacer: Pacer
    player: Player
    history: list[tuple[float, Line, State]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    states: list[EngineState] = field(default_factory=list)
    playing: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a change after which this holds."""
        while not condition():
            await self.commentator.change(LOOK_AGAIN)

    def in_state(self, state: State) -> list[Line]:
        return [line for line in self.commentator.lines if line.state == state]

    def dropped(self, kind: str = "commentary") -> list[Line]:
        return [line for _, line, state in self.history if state == "dropped" and line.kind == kind]

    def note(self, line: Line) -> None:
        self.history.append((time.monotonic(), line, line.state))


def encode(_: int, capture_time: float) -> SampledFrame:
    return SampledFrame(capture_time, b"", GREY)


async def film(commentator: Commentator[int], fps: float) -> None:
    number = 0
    while True:
        commentator.push(number, time.monotonic())
        number += 1
        await asyncio.sleep(1 / fps)


@asynccontextmanager
async def virtual_stage(
    client: ScriptedClient | None = None,
    *,
    pacer: Pacer | None = None,
    options: Options = QUICK,
    fps: float = 10.0,
    playing: bool = True,
    keeps: bool = True,
    limit: float = 1_000.0,
) -> AsyncIterator[VirtualStage]:
    """A commentator at work; ``fps`` 0: without a camera, not ``playing``: without a player. Not
    ``keeps``: nothing of what went by is remembered. It may take ``limit`` seconds.
    """
    client = client or ScriptedClient()
    pacer = pacer or ScriptedPacer()
    commentator: Commentator[int] = Commentator(
        client=client,
        speaker=Speaker(VoiceChoice("engine")),
        pacer=pacer,
        options=options,
        encode=encode,
    )
    made = VirtualStage(client, commentator, pacer, Player(commentator, keeps))
    if keeps:
        commentator.lines.listen(made.note)
        commentator.observe(engine_state=made.states.append, notice=made.notices.append)
    commentator.start()
    tasks = [asyncio.create_task(film(commentator, fps))] if fps else []
    player = asyncio.create_task(made.player.run()) if playing else None
    try:
        async with asyncio.timeout(limit):
            yield made
    finally:
        await commentator.aclose()
        for task in tasks:
            task.cancel()
        if player:  # ends by itself, for no more lines come
            await asyncio.wait_for(player, 5)
        if tasks:
            await asyncio.wait(tasks)
        assert len(commentator.lines) == 0
        assert client.in_flight == 0
