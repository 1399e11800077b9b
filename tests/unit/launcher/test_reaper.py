"""A launcher that is killed leaves nothing running."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.support.until import until
from tests.unit.launcher.scripted import running

ROOT = Path(__file__).resolve().parents[3]

LAUNCHER = """
import asyncio, sys
from launcher.log_stream import LogStream
from launcher.supervisor import Supervisor
from tests.support.until import until
from tests.unit.launcher.scripted import PARENT, SLEEP, STUBBORN, script

async def main():
    supervisor = Supervisor(LogStream(sys.stdout, colour=False))
    await supervisor.start(script("one", SLEEP, ready_line="up"))
    await supervisor.start(script("two", PARENT, STUBBORN, ready_line="stubborn"))
    print("pids", supervisor.pid("one"), supervisor.pid("two"), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_a_killed_launcher_leaves_nothing_running() -> None:
    launcher = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LAUNCHER, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    if launcher.stdout is None:
        raise RuntimeError("no output")
    pids: list[int] = []
    while line := (await launcher.stdout.readline()).decode():
        words = line.split()
        if "grandchild" in words:
            pids.append(int(words[-1]))
        if words[0] == "pids":
            pids += [int(word) for word in words[1:]]
            break
    assert len(pids) == 3
    assert all(running(pid) for pid in pids)
    launcher.kill()
    await launcher.wait()
    await until(lambda: not any(running(pid) for pid in pids))
