"""This machine's GPUs, as nvidia-smi tells; none where there is no such program."""

from __future__ import annotations

import asyncio
import shutil
import time
from dataclasses import dataclass

_FIELDS = ("index", "name", "memory.used", "memory.total", "utilization.gpu")
_MIB = 1 << 20
LIMIT, AGAIN = 1.5, 1.0
"""Seconds that it may take, and until it is asked again."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """Memory in bytes; utilization from 0 to 1, None where it is not told (MIG)."""

    index: str
    name: str
    memory_used: int
    memory_total: int
    utilization: float | None


class Gpus:
    """Asks once for all who want to know at a time."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._known: list[Gpu] = []
        self._asked = float("-inf")

    async def now(self) -> list[Gpu]:
        """At most AGAIN seconds old."""
        async with self._lock:
            if time.monotonic() - self._asked >= AGAIN:
                self._known = parsed(await _told())
                self._asked = time.monotonic()
            return self._known


def parsed(text: str) -> list[Gpu]:
    """What stands in the lines of nvidia-smi; lines that make no sense are left out."""
    found = []
    for line in text.splitlines():
        try:
            index, name, used, total, busy = (part.strip() for part in line.split(","))
            memory = int(used) * _MIB, int(total) * _MIB
        except ValueError:
            continue
        found.append(Gpu(index, name, *memory, int(busy) / 100 if busy.isdecimal() else None))
    return found


async def _told() -> str:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    arguments = (f"--query-gpu={','.join(_FIELDS)}", "--format=csv,noheader,nounits")
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    try:
        child = await asyncio.create_subprocess_exec(
            program, *arguments, stdin=nowhere, stdout=pipe, stderr=nowhere
        )
    except OSError:
        return ""
    try:
        async with asyncio.timeout(LIMIT):
            said, _ = await child.communicate()
    except TimeoutError:
        return ""
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return said.decode(errors="replace")
