"""Runs the baseline that holds raw frames, and measures its process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench.booth import SETTLE
from tests.bench.memory import Held
from tests.bench.rig import ROOM, SOURCE, EngineOptions, Rig, cpu_share, process, rig
from tests.support.procfs import own_memory


async def raw_cpu(folder: Path, footage: str, seconds: float, agent: Path | None) -> float:
    """Share of a core of a process that holds raw frames for 1 s and encodes them in libwebrtc."""
    async with (
        rig(folder, footage, EngineOptions(), agent=agent) as running,
        _baseline(running, 1.0) as pid,
    ):
        await asyncio.sleep(SETTLE)
        return await cpu_share(lambda: [pid], seconds)


async def raw_held(
    folder: Path, footage: str, delays: tuple[float, float], agent: Path | None
) -> Held:
    """Memory of that process at two delays."""
    found = {}
    async with rig(folder, footage, EngineOptions(), agent=agent) as running:
        for delay in delays:
            async with _baseline(running, delay) as pid:
                await asyncio.sleep(delay + SETTLE)
                found[delay] = own_memory(pid)
    return Held(found)


@asynccontextmanager
async def _baseline(running: Rig, delay: float) -> AsyncIterator[int]:
    arguments = ("--room", ROOM, "--source", SOURCE, "--delay", str(delay))
    with (running.folder / "baseline.log").open("ab") as log:
        command = ("-m", "tests.bench.baseline_hold", *arguments)
        async with process(command, running.environment, log) as started:
            yield started.pid
