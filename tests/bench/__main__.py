"""`python -m tests.bench`: runs the measurements and prints the table."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
from pathlib import Path
from tempfile import mkdtemp

from tests.bench import baselines, booth, rows, source_rows, sources
from tests.bench.report import Row, table
from tests.bench.rig import EngineOptions, rig

PARTS = ("speech", "cpu", "questions", "memory")
SOURCE_PARTS = ("relay", "outages", "crowd")
SHORT, LONG = 60.0, 600.0
AWAY, LONG_AWAY = (5.0, 60.0), 300.0
CROWD, CROWD_SHORT, CROWD_LONG = 16, 300.0, 1800.0
DELAYS = (5.0, 30.0)
RAW_DELAYS = (1.0, 5.0)


async def measure(options: argparse.Namespace) -> list[Row]:
    """All the rows asked for."""
    engine = EngineOptions(seed=options.seed)
    seconds = options.seconds or (LONG if options.full else SHORT)
    folder, footage = options.out, options.footage
    found: list[Row] = []
    if "speech" in options.parts or "cpu" in options.parts:
        run = await booth.speech(folder / "speech", footage, seconds, engine)
        booth.save(folder, run)
        found += [*rows.speech_rows(run), rows.picture_row(run)]
        for problem in run.wrong:
            print(f"wrong: {problem}", file=sys.stderr)
    if "cpu" in options.parts:
        async with rig(folder / "raw-cpu", footage, engine) as running:
            raw = await baselines.raw_cpu(running, folder / "raw-cpu", min(seconds, 60.0))
        found.append(rows.cpu_row(run, raw))
    if "questions" in options.parts:
        number = 30 if options.full else 8
        asked = await booth.questions(folder / "questions", footage, number, engine)
        found.append(rows.answer_row(asked, number))
    if "memory" in options.parts:
        held = await booth.memory(folder / "memory", footage, DELAYS, engine)
        async with rig(folder / "raw-memory", footage, engine) as running:
            raw_held = await baselines.raw_memory(running, folder / "raw-memory", RAW_DELAYS)
        found.append(rows.memory_row(held, raw_held))
    return found + await measure_sources(options)


async def measure_sources(options: argparse.Namespace) -> list[Row]:
    """The rows of the ingress that are asked for."""
    folder, footage = options.out, options.footage
    found: list[Row] = []
    if "relay" in options.parts:
        seconds = min(options.seconds or SHORT, SHORT)
        ways = await sources.ways(_made(folder / "relay"), footage, seconds)
        service = None
        if options.livekit_ingress:
            place = _made(folder / "livekit-ingress")
            service = await sources.livekit_ingress_way(place, footage, seconds)
        found += source_rows.way_rows(ways, service)
    if "outages" in options.parts:
        aways = (*AWAY, LONG_AWAY) if options.full else AWAY
        returns = await sources.outages(_made(folder / "outages"), footage, aways)
        found += source_rows.return_rows(returns)
    if "crowd" in options.parts:
        seconds = options.seconds or (CROWD_LONG if options.full else CROWD_SHORT)
        many = await sources.crowd(_made(folder / "crowd"), footage, CROWD, seconds)
        found.append(source_rows.crowd_row(many))
    return found


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def main() -> int:
    """Runs the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    known = (*PARTS, *SOURCE_PARTS)
    parts = f"some of: {', '.join(known)} (the first {len(PARTS)})"
    parser.add_argument("parts", nargs="*", help=parts)
    full = "ten minutes of speech, 30 questions, a source away for 5 minutes, 30 minutes of a crowd"
    parser.add_argument("--full", action="store_true", help=full)
    parser.add_argument("--seconds", type=float, help="of speech, of a way, of a crowd, instead")
    beside = "relay: beside it by the real service, which `make test-ingress-service` builds"
    parser.add_argument("--livekit-ingress", action="store_true", help=beside)
    parser.add_argument("--footage", default="demo", help="video file with real motion, or: demo")
    parser.add_argument("--seed", type=int, default=1, help="of the engine's ready times")
    parser.add_argument("--out", type=Path, help="folder for table, raw data and logs (a new one)")
    options = parser.parse_args()
    unknown = set(options.parts) - set(known)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    options.parts = options.parts or PARTS
    options.out = (options.out or Path(mkdtemp(prefix="pressbox-bench-"))).resolve()
    options.out.mkdir(parents=True, exist_ok=True)
    text = table(asyncio.run(measure(options)))
    machine = f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[1]:.1f}\n"
    (options.out / "table.md").write_text(text + "\n" + machine)
    print(f"{text}\n{machine}raw data and logs: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
