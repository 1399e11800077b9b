"""`python -m tests.bench`: runs the measurements and prints the table."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import signal
import sys
import traceback
from pathlib import Path
from tempfile import mkdtemp

from tests.bench import booth, hour, http, memory, rows, source_rows, sources, standalone
from tests.bench.listening import Listening
from tests.bench.report import Row, table
from tests.bench.rig import EngineOptions
from tests.bench.speech import Speech, speech

SHORT, LONG = 140.0, 600.0
MINUTE, MEMORY_MINUTES = 60.0, 30.0
AWAY, LONG_AWAY = (5.0, 60.0), 300.0
CROWD, CROWD_SHORT, CROWD_LONG = 16, 300.0, 1800.0
DELAYS = 5.0, 30.0


class Bench(Listening):
    """What the command line asked for; each part gives its rows."""

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(options)
        self._engine = EngineOptions(seed=options.seed)
        self._footage: str = options.footage

    async def speech(self) -> list[Row]:
        """Sync, delay, silence, picture."""
        seconds = self._options.seconds or (LONG if self._options.full else SHORT)

        async def scenario(folder: Path, agent: Path | None) -> Speech:
            run = await speech(folder, self._footage, seconds, self._engine, agent)
            for problem in run.wrong:
                print(f"wrong: {problem}", file=sys.stderr)
            return run

        return rows.speech_rows(*await self._both("speech", scenario))

    async def cpu(self) -> list[Row]:
        """CPU of the job."""
        seconds = min(self._options.seconds or MINUTE, MINUTE)

        async def scenario(folder: Path, agent: Path | None) -> booth.Cpu:
            return await booth.cpu(folder, self._footage, seconds, self._engine, agent)

        return [rows.cpu_row(*await self._both("cpu", scenario))]

    async def hold(self) -> list[Row]:
        """Memory for each second of delay."""

        async def scenario(folder: Path, agent: Path | None) -> memory.Held:
            return await memory.held(folder, self._footage, DELAYS, self._engine, agent)

        return [rows.held_row(*await self._both("hold", scenario))]

    async def memory(self) -> list[Row]:
        """Memory over many lines. Time is not measured, so both checkouts run side by side."""
        minutes, seed = self._options.minutes or MEMORY_MINUTES, self._options.seed

        async def scenario(folder: Path, agent: Path | None) -> memory.Growth:
            return await memory.growth(folder, self._footage, minutes, seed, agent)

        return [rows.growth_row(*await self._both("memory", scenario, beside=True))]

    async def starts(self) -> list[Row]:
        """Starts, one after another."""
        count, busy = self._options.starts, self._options.busy

        async def scenario(folder: Path, agent: Path | None) -> list[booth.Start]:
            async with booth.busy(busy):
                return [
                    await booth.start(folder / f"{number}", self._footage, agent)
                    for number in range(count)
                ]

        run, old = await self._both("starts", scenario)
        return [rows.start_row(run, old, busy)]

    async def relay(self) -> list[Row]:
        """One source in each way into the room."""
        seconds = min(self._options.seconds or MINUTE, MINUTE)
        ways = await sources.ways(self._folder("relay"), self._footage, seconds)
        return source_rows.way_rows(ways)

    async def outages(self) -> list[Row]:
        """A source that goes and comes."""
        aways = (*AWAY, LONG_AWAY) if self._options.full else AWAY
        returns = await sources.outages(self._folder("outages"), self._footage, aways)
        return source_rows.return_rows(returns)

    async def crowd(self) -> list[Row]:
        """Sixteen sources."""
        seconds = self._options.seconds or (CROWD_LONG if self._options.full else CROWD_SHORT)
        many = await sources.crowd(self._folder("crowd"), self._footage, CROWD, seconds)
        return [source_rows.crowd_row(many)]

    async def http(self) -> list[Row]:
        """What viewers by HTTP get, and what they cost."""
        seconds = min(self._options.seconds or http.LONGEST, http.LONGEST)

        async def scenario(folder: Path, agent: Path | None) -> http.Http:
            return await http.http(folder, self._footage, seconds, agent)

        run = await self._kept("http", scenario, self._options.agent)
        return http.http_rows(run)

    async def standalone(self) -> list[Row]:
        """A booth without LiveKit beside the same one in a room."""
        seconds = min(self._options.seconds or MINUTE, MINUTE)

        async def scenario(folder: Path, _: Path | None) -> dict[str, standalone.Run]:
            return await standalone.both(folder, self._footage, seconds)

        return standalone.standalone_rows(await self._kept("standalone", scenario, None))

    async def hour(self) -> list[Row]:
        """One room for an hour, with all that people do with it."""
        minutes = self._options.minutes or hour.MINUTES
        return await hour.hour(self._folder("hour"), minutes, self._options.agent)


PARTS = ("speech", "cpu", "hold")
COMMENTARY = ("still", "events", "busy", "noise", "alerts", "barge", "cost")
"""What `commentary` stands for."""

ON_DEMAND = (
    "memory",
    "starts",
    "relay",
    "outages",
    "crowd",
    "http",
    "standalone",
    "hour",
    *COMMENTARY,
)


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
    commentary = ", ".join(COMMENTARY)
    parts = f"some of: {', '.join(known)} (the first {len(PARTS)}), or commentary: {commentary}"
    parser.add_argument("parts", nargs="*", help=parts)
    full = "ten minutes of speech, 30 questions, a source away for 5 minutes, 30 minutes of a crowd"
    parser.add_argument("--full", action="store_true", help=full)
    parser.add_argument("--agent", type=Path, metavar="DIR", help="checkout whose worker it is")
    beside = "another checkout, whose worker is measured by the same bench, beside it"
    parser.add_argument("--baseline", type=Path, metavar="DIR", help=beside)
    parser.add_argument("--seconds", type=float, help="of speech, of a way, of a crowd, instead")
    parser.add_argument("--minutes", type=float, help="of memory (30), of the hour (60)")
    parser.add_argument("--preset", default="default", help="of still, events and noise (default)")
    parser.add_argument("--starts", type=int, default=10, help="how many (10)")
    parser.add_argument("--busy", type=int, default=0, help="processes that compute beside starts")
    parser.add_argument("--footage", default="demo", help="video file with real motion, or: demo")
    parser.add_argument("--seed", type=int, default=1, help="of the engine's ready times")
    parser.add_argument("--out", type=Path, help="folder for table, raw data and logs (a new one)")
    options = parser.parse_args()
    options.parts = [
        name for part in options.parts for name in (COMMENTARY if part == "commentary" else [part])
    ]
    unknown = set(options.parts) - set(known)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    for folder in (options.agent, options.baseline):
        if folder and not (folder / "agent").is_dir():
            parser.error(f"{folder}: no checkout of this project")
    options.parts = options.parts or [*PARTS]
    options.out = (options.out or Path(mkdtemp(prefix="pressbox-bench-"))).resolve()
    options.out.mkdir(parents=True, exist_ok=True)
    return min(asyncio.run(measure(options)), 1)


if __name__ == "__main__":
    sys.exit(main())
