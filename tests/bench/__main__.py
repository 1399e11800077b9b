"""`python -m tests.bench`: runs the measurements and prints the table."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import mkdtemp
from typing import TypeVar

from tests.bench import http, load, rows, source_rows, sources
from tests.bench.barge import barge, barge_rows
from tests.bench.report import Row, table
from tests.bench.rig import EngineOptions
from tests.bench.speech import speech

Measured = TypeVar("Measured")
SHORT, LONG = 140.0, 600.0
MINUTE, MEMORY_MINUTES = 60.0, 30.0
QUESTIONS_SHORT, QUESTIONS = 8, 30
CROWD, CROWD_SHORT, CROWD_LONG = 16, 300.0, 1800.0
DELAYS = 5.0, 30.0


class Bench:
    """What the command line asked for; each part gives its rows."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._engine = EngineOptions(seed=options.seed)
        self._footage: str = options.footage

    async def speech(self) -> list[Row]:
        """Sync, delay, silence, picture."""
        seconds = self._options.seconds or (LONG if self._options.full else SHORT)
        run = await self._kept(
            "speech", lambda folder: speech(folder, self._footage, seconds, self._engine)
        )
        for problem in run.wrong:
            print(f"wrong: {problem}", file=sys.stderr)
        return rows.speech_rows(run)

    async def cpu(self) -> list[Row]:
        """CPU of the job."""
        seconds = min(self._options.seconds or MINUTE, MINUTE)
        run = await self._kept(
            "cpu", lambda folder: load.cpu(folder, self._footage, seconds, self._engine)
        )
        return [rows.cpu_row(run)]

    async def hold(self) -> list[Row]:
        """Memory for each second of delay."""
        run = await self._kept(
            "hold", lambda folder: load.held(folder, self._footage, DELAYS, self._engine)
        )
        return [rows.held_row(run)]

    async def memory(self) -> list[Row]:
        """Memory over many lines."""
        minutes, seed = self._options.minutes or MEMORY_MINUTES, self._options.seed
        run = await self._kept(
            "memory", lambda folder: load.growth(folder, self._footage, minutes, seed)
        )
        return [rows.growth_row(run)]

    async def barge(self) -> list[Row]:
        """Questions while it comments."""
        count = QUESTIONS if self._options.full else QUESTIONS_SHORT
        return barge_rows(
            await self._kept(
                "barge", lambda folder: barge(folder, self._footage, count, self._engine)
            )
        )

    async def relay(self) -> list[Row]:
        """One source in each way into the room."""
        seconds = min(self._options.seconds or MINUTE, MINUTE)
        ways = await self._kept("relay", lambda folder: sources.ways(folder, seconds))
        return source_rows.way_rows(ways)

    async def crowd(self) -> list[Row]:
        """Sixteen sources."""
        seconds = self._options.seconds or (CROWD_LONG if self._options.full else CROWD_SHORT)
        many = await self._kept("crowd", lambda folder: sources.crowd(folder, CROWD, seconds))
        return [source_rows.crowd_row(many)]

    async def http(self) -> list[Row]:
        """What viewers by HTTP get, and what they cost."""
        seconds = min(self._options.seconds or http.LONGEST, http.LONGEST)
        run = await self._kept("http", lambda folder: http.http(folder, self._footage, seconds))
        return http.http_rows(run)

    async def _kept(self, name: str, scenario: Callable[[Path], Awaitable[Measured]]) -> Measured:
        """What a scenario measures, whose logs go into a folder; it is also written down there."""
        folder: Path = self._options.out / name
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        run = await scenario(folder)
        plain = json.dumps(run, default=asdict)
        await asyncio.to_thread((folder / "result.json").write_text, plain)
        return run


PARTS = ("speech", "cpu", "hold")
ON_DEMAND = ("memory", "barge", "relay", "crowd", "http")


async def measure(options: argparse.Namespace) -> int:
    """Runs the parts one after another; writes the table after each. Gives how many failed."""
    if task := asyncio.current_task():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    bench, found, failed = Bench(options), list[Row](), 0
    for name in options.parts:
        try:
            found += await getattr(bench, name)()
        except (AssertionError, RuntimeError, OSError):
            failed += 1
            print(f"{name} failed:", file=sys.stderr)
            traceback.print_exc()
        load = f"load {os.getloadavg()[1]:.1f}"
        machine = f"{os.cpu_count()} cores, {platform.machine()}, {load} after {name}\n"
        text = f"{table(found)}\n{machine}"
        (options.out / "table.md").write_text(text)
    print(f"{text}raw data and logs: {options.out}")
    return failed


def main() -> int:
    """Runs the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    known = [*PARTS, *ON_DEMAND]
    parts = f"some of: {', '.join(known)} (the first {len(PARTS)})"
    parser.add_argument("parts", nargs="*", help=parts)
    full = "ten minutes of speech, 30 questions, 30 minutes of a crowd"
    parser.add_argument("--full", action="store_true", help=full)
    parser.add_argument("--seconds", type=float, help="of speech, of a way, of a crowd, instead")
    parser.add_argument("--minutes", type=float, help="of memory (30)")
    parser.add_argument("--footage", default="demo", help="video file with real motion, or: demo")
    parser.add_argument("--seed", type=int, default=1, help="of the engine's ready times")
    parser.add_argument("--out", type=Path, help="folder for table, raw data and logs (a new one)")
    options = parser.parse_args()
    unknown = set(options.parts) - set(known)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    options.parts = options.parts or [*PARTS]
    options.out = (options.out or Path(mkdtemp(prefix="pressbox-bench-"))).resolve()
    options.out.mkdir(parents=True, exist_ok=True)
    return min(asyncio.run(measure(options)), 1)


if __name__ == "__main__":
    sys.exit(main())
