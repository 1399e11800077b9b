"""Runs the baseline that holds raw frames, and measures its process."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench.booth import SETTLE, Memory
from tests.bench.rig import ROOM, SOURCE, Rig, process
from tests.support.procfs import cpu_seconds, own_memory


@asynccontextmanager
async def _baseline(running: Rig, folder: Path, delay: float) -> AsyncIterator[int]:
    arguments = ("--room", ROOM, "--source", SOURCE, "--delay", str(delay))
    environment = {**os.environ, **running.server.environment}
    with (folder / "baseline.log").open("ab") as log:
        command = ("-m", "tests.bench.baseline_hold", *arguments)
        async with process(command, environment, log) as started:
            yield started.pid


async def raw_cpu(running: Rig, folder: Path, seconds: float) -> float:
    """Share of a core of a process that holds raw frames for 1 s and encodes them in libwebrtc."""
    async with _baseline(running, folder, 1.0) as pid:
        await asyncio.sleep(SETTLE)
        begun, used = time.monotonic(), cpu_seconds(pid)
        await asyncio.sleep(seconds)
        return (cpu_seconds(pid) - used) / (time.monotonic() - begun)


async def raw_memory(running: Rig, folder: Path, delays: tuple[float, float]) -> Memory:
    """Memory of that process at two delays."""
    found = {}
    for delay in delays:
        async with _baseline(running, folder, delay) as pid:
            await asyncio.sleep(delay + SETTLE)
            found[delay] = own_memory(pid)
    return Memory(found)
