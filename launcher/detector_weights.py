"""Gets the weights of the detector, which names persons and things; without them all else runs."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import aiohttp

from config import files
from launcher import download, program
from launcher.errors import LaunchError
from vision import weights

_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=5, sock_read=10)
_LOAD_LIMIT = 30.0
_WAIT = 3.0
"""Seconds for which a start waits for them."""

Say = Callable[[str], None]


class Getting:
    """The weights on their way, beside all else that starts."""

    def __init__(self, work: Coroutine[None, None, bool] | None = None) -> None:
        self._task = asyncio.create_task(work, name="detector-weights") if work else None

    async def wait(self) -> None:
        """Until they are there or cannot be had, a few seconds at most: a booth looks for them when
        it opens, so the next one finds what comes later."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=_WAIT)

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})


async def prepare(choice: str, say: Say) -> Getting:
    """By the setting DETECTOR. Raises LaunchError for a file of one's own that does not work."""
    if choice == "auto":
        return Getting(obtain(say))
    if choice != "off":
        await _check(Path(choice))
    return Getting()


async def obtain(
    say: Say,
    *,
    target: Path | None = None,
    url: str = weights.URL,
    timeout: aiohttp.ClientTimeout = _TIMEOUT,
) -> bool:
    """Puts them where `weights.find` looks, all of the file or nothing; whether they lie there.

    Says in one line what was fetched, or why nothing was; raises nothing, since no start depends
    on it, and tries again when it is called again.
    """
    target = target or weights.fetched()
    if target.is_file():
        return True
    try:
        content = await download.fetch(url, timeout)
        if hashlib.sha256(content).hexdigest() not in weights.SHA256:
            raise download.DownloadError("the file has a wrong checksum")
        await asyncio.to_thread(files.write, target, content, 0o644)
    except download.DownloadError as error:
        problem = str(error)
    except OSError as error:
        problem = f"cannot write {target}: {error.strerror}"
    else:
        say(f"detector: YOLOX-nano {weights.VERSION} downloaded, {len(content) / 1e6:.1f} MB")
        return True
    say(f"detector: no weights ({problem}), so nothing is named yet; the next start tries again")
    return False


async def _check(path: Path) -> None:
    """Loads what DETECTOR names in a process of its own. Raises LaunchError where it fails."""
    argv = (sys.executable, "-m", "vision.detector", str(path))
    try:
        ended = await program.run(argv, _LOAD_LIMIT, os.environ, Path(__file__).parents[1])
    except program.ProgramError as error:
        raise LaunchError(f"DETECTOR={path}: {error}") from None
    if ended.status:
        raise LaunchError(f"DETECTOR={path}: {ended.last_words}; auto, off or another file is due")
