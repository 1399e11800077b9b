"""`python -m tests.bench`: runs the measurements and prints the table."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
from pathlib import Path
from tempfile import mkdtemp

from tests.bench import baselines, booth, rows
from tests.bench.report import Row, table
from tests.bench.rig import EngineOptions, rig

PARTS = ("speech", "cpu", "questions", "memory")
SHORT, LONG = 60.0, 600.0
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
    return found


def main() -> int:
    """Runs the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"some of: {', '.join(PARTS)} (all)")
    parser.add_argument("--full", action="store_true", help="ten minutes of speech, 30 questions")
    parser.add_argument("--seconds", type=float, help="of speech, instead")
    parser.add_argument("--footage", default="demo", help="video file with real motion, or: demo")
    parser.add_argument("--seed", type=int, default=1, help="of the engine's ready times")
    parser.add_argument("--out", type=Path, help="folder for table, raw data and logs (a new one)")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
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
