"""An engine without a network: answers follow a script, on whatever clock the loop has."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from gated_engine import tone
from livekit.plugins.pressbox.engine import Delta, EngineRequest, EngineUnavailable

PIECE = 0.2
"""Seconds of sound in a piece."""
SOUND = tone(PIECE)


@dataclass(frozen=True)
class Say:
    """One answer: ``ready`` seconds to its first piece, ``seconds`` of speech (0: a text only) made
    at ``rate`` seconds a second. ``error`` comes instead of it, or with ``midway`` in its midst.
    """

    text: str = "Something happens."
    ready: float = 0.3
    seconds: float = 1.0
    rate: float = 5.0
    error: Exception | None = None
    midway: bool = False


NEVER = Say(ready=math.inf)


@dataclass
class ScriptedClient:
    """Implements ``Engine``. ``script`` is used up, then ``answer`` says what comes."""

    script: list[Say] = field(default_factory=list)
    answer: Callable[[EngineRequest], Say] = lambda _: Say()
    speaks: bool | None = True
    hears: bool = False
    down: bool = False
    reach_takes: float = 0.01
    requests: list[EngineRequest] = field(default_factory=list)
    keeps: bool = True
    count: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    cancelled: int = 0

    async def reach(self) -> None:
        await asyncio.sleep(self.reach_takes)
        self._check()

    async def stream(self, request: EngineRequest) -> AsyncGenerator[Delta, None]:
        self.count += 1
        if self.keeps:
            self.requests.append(request)
        say = self.script.pop(0) if self.script else self.answer(request)
        self.in_flight += 1
        self.most_in_flight = max(self.in_flight, self.most_in_flight)
        try:
            self._check()
            async for delta in self._pieces(say):
                yield delta
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise
        finally:
            self.in_flight -= 1

    async def _pieces(self, say: Say) -> AsyncGenerator[Delta, None]:
        if math.isinf(say.ready):
            await asyncio.Event().wait()
        await asyncio.sleep(say.ready)
        if say.error is not None and not say.midway:
            raise say.error
        yield Delta(text=say.text)
        pieces = round(say.seconds / PIECE)
        for at in range(pieces):
            if at == pieces // 2 and say.error is not None:
                raise say.error
            yield Delta(pcm=SOUND)
            await asyncio.sleep(PIECE / say.rate)
        yield Delta(finish="stop")

    async def aclose(self) -> None:
        """Nothing is open."""

    def _check(self) -> None:
        if self.down:
            raise EngineUnavailable("no connection to the engine")
