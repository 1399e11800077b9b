"""Measures the booth otherwise: CPU, and starts on a machine that is busy or not."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.rig import EngineOptions, cpu_share, rig, thread_shares

JOIN_TIMEOUT = 60.0
SETTLE = 10.0
"""Seconds after the first delayed picture before CPU is counted."""

BUSIEST = 6
ENOUGH = 150
"""Pictures of a start: five seconds."""


@dataclass(frozen=True, slots=True)
class Cpu:
    """Share of one core: of the job's process in all, and of its busiest threads by name."""

    share: float
    threads: dict[str, float]


async def cpu(
    folder: Path, footage: str, seconds: float, engine: EngineOptions, agent: Path | None = None
) -> Cpu:
    """The job's process while it comments, with one viewer."""
    async with rig(folder, footage, engine, agent=agent) as running, running.viewer() as probe:
        before = running.cpu()
        await running.dispatch()
        await probe.until(
            lambda: len(probe.frames) > 30, timeout=JOIN_TIMEOUT, what="a delayed picture"
        )
        await asyncio.sleep(SETTLE)
        job = running.job(before)
        share, threads = await asyncio.gather(
            cpu_share(lambda: job, seconds), thread_shares(job[0], seconds)
        )
    busiest = sorted(threads, key=lambda name: -threads[name])[:BUSIEST]
    return Cpu(share, {name: threads[name] for name in busiest})


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds from the dispatch to the first picture, to ENOUGH of them and to the first sound;
    inf where it did not come.
    """

    first: float
    enough: float
    heard: float


async def start(folder: Path, footage: str, agent: Path | None = None) -> Start:
    """One start of the whole rig."""
    async with (
        rig(folder, footage, EngineOptions(), agent=agent) as running,
        running.viewer() as viewer,
    ):
        await running.dispatch()
        begun = time.monotonic()
        try:
            await viewer.until(
                lambda: len(viewer.frames) >= ENOUGH and len(viewer.bursts) > 0,
                timeout=JOIN_TIMEOUT,
            )
        except AssertionError as error:
            print(error, file=sys.stderr)
    times = [frame.received - begun for frame in viewer.frames]
    sounds = [burst.start - begun for burst in viewer.bursts]
    never = float("inf")
    return Start(
        times[0] if times else never,
        times[ENOUGH - 1] if len(times) >= ENOUGH else never,
        sounds[0] if sounds else never,
    )


@asynccontextmanager
async def busy(count: int) -> AsyncIterator[None]:
    """Processes that do nothing but compute."""
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", "while True: pass")
        for _ in range(count)
    ]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            await process.wait()
