"""Runs a program to its end, with a limit, and leaves nothing of it behind."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.reaper import signal_group


class ProgramError(Exception):
    """It cannot be run, or took too long. `str()` is one line."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Exit status, standard output, and the last line of standard error ("?" for none)."""

    status: int
    output: str
    last_words: str


async def run(
    argv: Sequence[str], limit: float, env: Mapping[str, str], directory: Path | None = None
) -> Ended:
    """Waits for its end, limit seconds at most. Raises ProgramError."""
    name = Path(argv[0]).name
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=directory,
            env=dict(env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ProgramError(f"cannot run {name}: {error.strerror}") from None
    try:
        async with asyncio.timeout(limit):
            stdout, stderr = await process.communicate()
    except TimeoutError:
        raise ProgramError(f"{name} took longer than {limit:g} s") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            signal_group(process.pid, signal.SIGKILL)
        await process.wait()
    last = (stderr.decode("utf-8", "replace").strip().splitlines() or ["?"])[-1]
    return Ended(process.returncode or 0, stdout.decode("utf-8", "replace"), last)
