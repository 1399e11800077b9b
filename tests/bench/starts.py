"""How long a start takes on a busy machine, and whether each comes to a picture.

PRESSBOX_LIVEKIT_SERVER=… python -m tests.bench.starts --starts 10 --busy 5

Every start is the whole rig. The time runs from the dispatch until a viewer has seen five seconds
of the delayed picture.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.rig import ROOM, EngineOptions, rig
from tests.support.viewer_probe import watching

FRAMES = 150
LIMIT = 60.0
RENEWED = b"subscribing anew"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--busy", type=int, default=2 * (os.cpu_count() or 1) + 1)
    parser.add_argument("--footage", default="demo", help="a video file, or: demo")
    asyncio.run(_run(parser.parse_args()))


async def _run(given: argparse.Namespace) -> None:
    async with _busy(given.busy):
        print(f"| start, {given.busy} busy processes beside | seconds | subscribed anew |")
        print("|---|---|---|")
        for number in range(1, given.starts + 1):
            with TemporaryDirectory() as folder:
                took, renewals = await _start(Path(folder), given.footage)
            shown = f"{took:.1f}" if took else f"none in {LIMIT:.0f}"
            print(f"| {number} | {shown} | {renewals} |", flush=True)


async def _start(folder: Path, footage: str) -> tuple[float, int]:
    """Seconds, 0 when there was no picture; and how often the source was subscribed to anew."""
    async with rig(folder, footage, EngineOptions()) as running:
        token = running.server.token(ROOM, "viewer")
        async with watching(running.server.url, token) as viewer:
            await running.dispatch()
            began = time.monotonic()
            try:
                await viewer.until(lambda: len(viewer.frames) >= FRAMES, timeout=LIMIT)
                took = time.monotonic() - began
            except AssertionError:
                took = 0.0
    log = await asyncio.to_thread((folder / "agent.log").read_bytes)
    return took, log.count(RENEWED)


@asynccontextmanager
async def _busy(count: int) -> AsyncIterator[None]:
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


if __name__ == "__main__":
    main()
