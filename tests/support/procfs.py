"""CPU time and memory of other processes, from Linux' /proc."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """CPU seconds, user and system, that a process has used; 0 for one that is gone."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICK if fields else 0.0


def thread_seconds(pid: int) -> dict[str, float]:
    """CPU seconds of a process by the name of its threads; its first one is called main."""
    found: dict[str, float] = {}
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError):
            name, _, rest = (task / "stat").read_text().rpartition(")")
            fields = rest.split()
            name = "main" if task.name == str(pid) else name.partition("(")[2].strip()
            used = (int(fields[11]) + int(fields[12])) / _TICK
            found[name] = found.get(name, 0.0) + used
    return found


def own_memory(pid: int) -> int:
    """Bytes of memory that a process shares with no other (USS)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    private = [line.split() for line in rollup.splitlines() if line.startswith("Private_")]
    return sum(int(words[1]) for words in private) * 1024


def descendants(pid: int) -> list[int]:
    """Children, their children and so on."""
    parents = {
        int(entry.name): int(fields[1])
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and (fields := _stat(int(entry.name)))
    }
    found, wave = [], {pid}
    while wave:
        wave = {child for child, parent in parents.items() if parent in wave}
        found += sorted(wave)
    return found


def is_there(pid: int) -> bool:
    """Whether there is such a process, be it a zombie."""
    return bool(_stat(pid))


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat behind the name, which may hold blanks and brackets."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
