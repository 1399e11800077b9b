"""An engine that follows a script, and notes what is done to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from models.engine import Delta, EngineInfo, EngineStartError, GenerationRequest

Step = Delta | float | asyncio.Event | Exception
"""A piece to give, seconds or an event to wait for, or what to raise."""


class ScriptedEngine:
    """Plays the same script to each request.

    Attributes:
        begun: Rooms in the order in which their requests were begun.
        closed: Set when a request's generator was closed before its end.
        requests: What it was asked.
    """

    def __init__(
        self,
        script: Sequence[Step] = (),
        *,
        concurrency: int = 1,
        fails: str = "",
        speaks: bool = True,
        hears: bool = False,
    ) -> None:
        self.script = list(script)
        self.begun: list[str] = []
        self.closed = asyncio.Event()
        self.closed_at = 0.0
        self.requests: list[GenerationRequest] = []
        self.released = 0
        self._info = EngineInfo("scripted", concurrency, speaks, hears)
        self._fails = fails

    @property
    def info(self) -> EngineInfo:
        return self._info

    def has_voice(self, voice: str) -> bool:
        return voice == "anna"

    def voice_help(self) -> str:
        return "'default' or 'anna'"

    async def start(self) -> None:
        if self._fails:
            raise EngineStartError(self._fails)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta, None]:
        self.begun.append(request.room)
        self.requests.append(request)
        ended = False
        try:
            for step in self.script:
                if isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, float):
                    await asyncio.sleep(step)
                elif isinstance(step, Exception):
                    ended = True
                    raise step
                else:
                    yield step
            ended = True
        finally:
            if not ended:
                self.closed_at = asyncio.get_running_loop().time()
                self.closed.set()

    async def aclose(self) -> None:
        self.released += 1
