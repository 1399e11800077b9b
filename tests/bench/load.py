"""What the booth costs: CPU, and memory over many lines and for each second of delay."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.rig import Camera, EngineOptions, cpu_share, rig, thread_shares
from tests.support.measure import drift
from tests.support.procfs import own_memory

JOIN_TIMEOUT = 60.0
SETTLE = 10.0
"""Seconds after the first delayed picture, or a change, before anything is counted."""

BUSIEST = 6
SAMPLE = 30.0
"""Seconds from one look at a growing memory to the next."""

WARM = 60.0
"""Seconds, or a fifth of the run, in which a process is still filling its pools."""

QUICK = EngineOptions(mean=0.25, cv=0.2, speech=0.75, spread=0.25, speed=20.0)
"""An engine that makes a line of 0.5 to 1 s at once."""


@dataclass(frozen=True, slots=True)
class Cpu:
    """Share of one core: of the job's process in all, and of its busiest threads by name."""

    share: float
    threads: dict[str, float]


async def cpu(folder: Path, footage: str, seconds: float, engine: EngineOptions) -> Cpu:
    """The job's process while it comments, with one viewer."""
    async with rig(folder, footage, engine) as running, running.viewer() as probe:
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
class Sample:
    """Seconds since the first one, lines begun so far, bytes of the job's own memory (USS)."""

    time: float
    lines: int
    memory: int


@dataclass(frozen=True, slots=True)
class Growth:
    """A run; the figures are of its settled part."""

    samples: list[Sample]

    @property
    def settled(self) -> list[Sample]:
        """The samples after WARM."""
        end = self.samples[-1].time
        return [one for one in self.samples if one.time >= min(max(WARM, end / 5), end / 2)]

    @property
    def per_minute(self) -> float:
        """Bytes (median of slopes)."""
        times = [one.time for one in self.settled]
        return drift(times, [float(one.memory) for one in self.settled]) * 60

    @property
    def lines_per_minute(self) -> float:
        """How fast it spoke."""
        first, last = self.settled[0], self.settled[-1]
        return (last.lines - first.lines) / max(last.time - first.time, 1.0) * 60

    @property
    def per_line(self) -> float:
        """Bytes; nan without lines."""
        return self.per_minute / self.lines_per_minute if self.lines_per_minute else float("nan")


async def growth(folder: Path, footage: str, minutes: float, seed: int) -> Growth:
    """Short lines, one after another, with one viewer: a small picture, since lines are in
    question.
    """
    engine = EngineOptions(**{**asdict(QUICK), "seed": seed})
    small = Camera(footage, 640, 360, 15)
    samples = []
    async with (
        rig(folder, footage, engine, camera=small) as running,
        running.viewer() as probe,
    ):
        before = running.cpu()
        await running.dispatch()
        await probe.until(lambda: len(probe.bursts) > 3, timeout=JOIN_TIMEOUT, what="lines")
        job, begun = running.job(before), time.monotonic()
        while (now := time.monotonic() - begun) <= minutes * 60:
            lines = sum(line.phase == "start" for line in probe.lines)
            samples.append(Sample(now, lines, await _smallest(job, 2.0)))
            await asyncio.sleep(begun + len(samples) * SAMPLE - time.monotonic())
    return Growth(samples)


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes of a process's own memory at each delay (s)."""

    at: dict[float, int]

    @property
    def per_second(self) -> float:
        """Bytes for each second of delay."""
        (short, low), (long, high) = sorted(self.at.items())
        return (high - low) / (long - short)


async def held(
    folder: Path,
    footage: str,
    delays: tuple[float, float],
    engine: EngineOptions,
) -> Held:
    """The job's memory at two fixed delays, one after the other in one process."""
    found = {}
    async with rig(folder, footage, engine) as running, running.viewer() as probe:
        before = running.cpu()
        await running.dispatch(delay=delays[0])
        for delay in delays:
            await probe.until(lambda: len(probe.frames) > 30, timeout=JOIN_TIMEOUT)
            await probe.call("pressbox.set", json.dumps({"delay": delay}))
            await asyncio.sleep(delay + SETTLE)
            found[delay] = await _smallest(running.job(before), 5.0)
    return Held(found)


async def _smallest(pids: Iterable[int], seconds: float) -> int:
    """The least memory (bytes) within so many seconds: what comes and goes is left out."""
    pids, samples, end = list(pids), [], time.monotonic() + seconds
    while time.monotonic() < end:
        samples.append(sum(own_memory(pid) for pid in pids))
        await asyncio.sleep(0.25)
    return min(samples)
