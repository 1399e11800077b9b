"""Keeps children running: starts them, starts them again with backoff, ends all of them."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

from config.tasks import Tasks
from launcher.child import Child, Spec
from launcher.errors import LaunchError
from launcher.log_stream import LogStream

_POLL = 0.1
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0
_GOOD_RUN = 30.0
_ROOT = Path(__file__).resolve().parent.parent


class Backoff:
    """Pauses before restarts: 0.5 s, doubled up to 10 s, back to the first after a good run."""

    def __init__(self) -> None:
        self._next = _FIRST_PAUSE

    def pause(self, ran_for: float) -> float:
        """Seconds to wait after a run of so many seconds."""
        if ran_for >= _GOOD_RUN:
            self._next = _FIRST_PAUSE
        pause, self._next = self._next, min(self._next * 2, _LONGEST_PAUSE)
        return pause


class Supervisor:
    """Owner of all children.

    on_exit is called with the name of a child that ended by itself, before it is started again.
    """

    def __init__(self, log: LogStream, on_exit: Callable[[str], None] | None = None) -> None:
        self._log = log
        self._on_exit = on_exit
        self._children: dict[str, Child] = {}
        self._tasks = Tasks(lambda text: log.line("run", text))
        self._reaper: asyncio.subprocess.Process | None = None
        self._reaper_lock = asyncio.Lock()

    def pid(self, name: str) -> int:
        """Process id of a child, for messages and tests."""
        return self._children[name].pid

    async def start(self, spec: Spec) -> None:
        """Starts a child, waits until it is ready, then keeps it running.

        Raises LaunchError when it ends before it is ready or is not ready in time.
        """
        await self._until_ready(await self._spawn(spec))
        self._tasks.keep(f"the care for {spec.name}", lambda: self._keep(spec.name))

    async def aclose(self, *, last: str = "") -> None:
        """Ends every child, the one named last after all others. Safe to call again."""
        await self._tasks.aclose()
        first = [child for name, child in self._children.items() if name != last]
        await asyncio.gather(*(self._stop(child) for child in first))
        if last in self._children:
            await self._stop(self._children[last])
        await self._close_reaper()

    async def kill(self) -> None:
        """Ends every child at once, without a grace."""
        await asyncio.gather(*(child.stop(grace=0.0) for child in self._children.values()))

    async def _spawn(self, spec: Spec) -> Child:
        child = await Child.start(spec, self._log)
        self._children[spec.name] = child
        await self._tell_reaper(f"+{child.pid}")
        return child

    async def _until_ready(self, child: Child) -> None:
        spec = child.spec
        until = time.monotonic() + spec.start_limit
        while not (child.ready_line_seen.is_set() and await spec.ready()):
            if child.returncode is not None:
                await self._stop(child)
                reason = f": {child.last_line}" if child.last_line else ""
                raise LaunchError(f"{spec.name} {child.how_it_ended()} at its start{reason}")
            if time.monotonic() > until:
                raise LaunchError(f"{spec.name} was not ready within {spec.start_limit:g} s")
            await asyncio.sleep(_POLL)

    async def _keep(self, name: str) -> None:
        backoff = Backoff()
        while True:
            child = self._children[name]
            started = time.monotonic()
            await child.wait()
            await self._stop(child)
            pause = backoff.pause(time.monotonic() - started)
            self._log.line("run", f"{name} {child.how_it_ended()}; started again in {pause:g} s")
            if self._on_exit:
                self._on_exit(name)
            await asyncio.sleep(pause)
            await self._spawn_again(child.spec)

    async def _spawn_again(self, spec: Spec) -> None:
        while True:
            try:
                await self._spawn(spec)
                return
            except LaunchError as error:
                self._log.line("run", f"{error}; tried again in {_LONGEST_PAUSE:g} s")
                await asyncio.sleep(_LONGEST_PAUSE)

    async def _stop(self, child: Child) -> None:
        await child.stop()
        await self._tell_reaper(f"-{child.pid}")

    async def _tell_reaper(self, line: str) -> None:
        async with self._reaper_lock:
            if self._reaper is None or self._reaper.returncode is not None:
                self._reaper = await _start_reaper()
                line = "\n".join([f"+{child.pid}" for child in self._children.values()] + [line])
            _write(self._reaper, line)

    async def _close_reaper(self) -> None:
        reaper, self._reaper = self._reaper, None
        if reaper is None:
            return
        if reaper.stdin is not None:
            reaper.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reaper.wait(), 5.0)


async def _start_reaper() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "launcher.reaper",
        stdin=asyncio.subprocess.PIPE,
        cwd=_ROOT,
        start_new_session=True,
    )


def _write(process: asyncio.subprocess.Process, line: str) -> None:
    if process.stdin is not None and not process.stdin.is_closing():
        process.stdin.write(f"{line}\n".encode())
