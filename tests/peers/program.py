"""A program that a test talks to: started, killed, paused, and gone when the test is over."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

STOP_TIMEOUT = 5.0


class Program:
    """One child in a process group of its own; what it writes is kept in `log`.

    namespace: the network namespace that it runs in.
    """

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        namespace: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        inside = ("ip", "netns", "exec", namespace) if namespace else ()
        self.command = (*inside, *command)
        self._environment = {**os.environ, **(environment or {})}
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    @property
    def log(self) -> str:
        """What it has written so far, over all its starts."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id, 0 while it was not started."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Starts it, unless it runs."""
        if self.running:
            return
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Ends it and its children at once, and waits. Idempotent."""
        process, self._process = self._process, None
        if process is None:
            return
        self._signal(process, signal.SIGKILL)
        process.wait(STOP_TIMEOUT)
        if process.stdin:
            with contextlib.suppress(OSError):
                process.stdin.close()

    def pause(self) -> None:
        """It is there and does nothing any more: its connections stay open and fall silent."""
        if self._process:
            self._signal(self._process, signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on."""
        if self._process:
            self._signal(self._process, signal.SIGCONT)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to it, not to its children."""
        if self._process and self.running:
            self._process.send_signal(number)

    def wait(self, limit: float = 20.0) -> int:
        """Waits until it has ended by itself; its exit status, or minus a signal."""
        return self._process.wait(limit) if self._process else 0

    def tell(self, line: str) -> None:
        """Writes a line to its standard input."""
        if self._process and self._process.stdin:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    async def until(self, true: Callable[[], bool], what: str, limit: float = 20.0) -> None:
        """Waits until `true()`. Raises RuntimeError with the end of its log."""
        end = time.monotonic() + limit
        while not true():
            if time.monotonic() > end or not self.running:
                raise RuntimeError(f"not {what}; {self.command[0]} said: {self.log[-600:]}")
            await asyncio.sleep(0.05)

    async def until_said(self, text: str, limit: float = 20.0) -> None:
        """Waits until `text` is in its log."""
        await self.until(lambda: text in self.log, f"said {text!r}", limit)

    def _signal(self, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
