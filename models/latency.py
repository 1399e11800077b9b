"""A test option: an engine that is as slow as one chooses."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from models.engine import AudioDelta, Delta, Engine, EngineInfo, GenerationRequest


@dataclass(frozen=True, slots=True)
class Latency:
    """How slow.

    Attributes:
        ready_time: Mean time to the first piece in seconds; 0 adds none.
        ready_cv: Its coefficient of variation (standard deviation over mean).
        seed: Of the sequence of ready times.
        speed: Seconds of speech made in a second; 0 is as fast as it goes.
    """

    ready_time: float = 0.0
    ready_cv: float = 0.0
    seed: int = 0
    speed: float = 0.0

    def __post_init__(self) -> None:
        for name in ("ready_time", "ready_cv", "speed"):
            value = getattr(self, name)
            if not math.isfinite(value) or value < 0:
                raise ValueError(f"{name}={value} is not allowed: a number from 0 on")


class ReadyTimes:
    """A sequence of lognormal times in seconds."""

    def __init__(self, latency: Latency) -> None:
        self._random = random.Random(latency.seed)
        # Moments of the lognormal distribution: mean = exp(mu + sigma^2/2), cv^2 = exp(sigma^2)-1.
        self._sigma = math.sqrt(math.log1p(latency.ready_cv**2))
        self._mu = math.log(latency.ready_time) - self._sigma**2 / 2 if latency.ready_time else None

    def next(self) -> float:
        if self._mu is None:
            return 0.0
        return self._random.lognormvariate(self._mu, self._sigma)


class DelayedEngine:
    """Another engine, held back. Its first piece is due at the ready time, or when it is made."""

    def __init__(self, engine: Engine, latency: Latency) -> None:
        self._engine = engine
        self._times = ReadyTimes(latency)
        self._speed = latency.speed

    @property
    def info(self) -> EngineInfo:
        return self._engine.info

    def has_voice(self, voice: str) -> bool:
        return self._engine.has_voice(voice)

    def voice_help(self) -> str:
        return self._engine.voice_help()

    async def start(self) -> None:
        await self._engine.start()

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta, None]:
        loop = asyncio.get_running_loop()
        due = loop.time() + self._times.next()
        first_sound: float | None = None
        seconds = 0.0
        async with aclosing(self._engine.generate(request)) as deltas:
            async for delta in deltas:
                if first_sound is not None and self._speed:
                    due = first_sound + seconds / self._speed
                await _until(due)
                yield delta
                if isinstance(delta, AudioDelta):
                    first_sound = loop.time() if first_sound is None else first_sound
                    seconds += delta.seconds

    async def aclose(self) -> None:
        await self._engine.aclose()


async def _until(when: float) -> None:
    wait = when - asyncio.get_running_loop().time()
    if wait > 0:
        await asyncio.sleep(wait)
