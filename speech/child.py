"""The programs that speak and hear for us: how they begin and end."""

from __future__ import annotations

import asyncio
import contextlib
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from pathlib import Path

from config.child_process import environment

DYING = 5.0
"""Seconds for which the end of a program that was killed is waited for."""

_ROOT = Path(__file__).resolve().parent.parent


async def start(command: Sequence[str]) -> Process:
    """One that reads from a pipe and writes to a pipe."""
    return await asyncio.create_subprocess_exec(
        *command,
        cwd=_ROOT,
        env=environment(),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,  # a library's own words; what matters comes by the pipe
        process_group=0,  # Ctrl-C is meant for its owner
    )


async def kill(process: Process) -> None:
    """End it and wait. Idempotent."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DYING):
            await process.wait()
