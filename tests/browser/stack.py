"""All of Pressbox as `make run` starts it, on free ports."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.support.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT = 60.0
STOP_LIMIT = 20.0


class Stack:
    """A running `run.py`."""

    def __init__(self, livekit: Path, folder: Path, *words: str) -> None:
        """Starts it with `livekit` as its livekit-server; logs and state go to `folder`."""
        path = folder / "bin"
        path.mkdir()
        (path / "livekit-server").symlink_to(livekit)
        self.ports = ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
        self.url = f"http://127.0.0.1:{ports['WEB_PORT']}/"
        self.folder = folder
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "run.py", *(f"{k}={v}" for k, v in ports.items()), *words],
                cwd=ROOT,
                env={
                    **os.environ,
                    "PATH": f"{path}{os.pathsep}{os.environ['PATH']}",
                    "XDG_STATE_HOME": str(folder),
                    "PRESSBOX_DETECTOR": "off",  # its weights would be fetched
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def children(self) -> list[psutil.Process]:
        """What `run.py` runs."""
        return psutil.Process(self._process.pid).children()

    @property
    def admin_token(self) -> str:
        """What adds sources."""
        return (self._log.parent / "pressbox" / "admin.token").read_text().strip()

    @property
    def log(self) -> str:
        """What all of it has written so far."""
        return self._log.read_text(errors="replace")

    async def ready(self) -> None:
        """Wait until the address is printed. Raises RuntimeError with the log where it is not."""
        try:
            async with asyncio.timeout(START_LIMIT):
                while f"open {self.url.rstrip('/')}" not in self.log:
                    if self._process.poll() is not None:
                        raise RuntimeError(f"run.py ended:\n{self.log}")
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise RuntimeError(f"run.py is not ready:\n{self.log}") from None

    def stop(self) -> int:
        """End it as Ctrl-C does; returns its exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise


@contextmanager
def running(livekit: Path, folder: Path, *words: str) -> Iterator[Stack]:
    """A stack that is ended on leaving."""
    stack = Stack(livekit, folder, *words)
    try:
        yield stack
    finally:
        stack.stop()


_PORTS = (
    *("WEB_PORT", "ENGINE_PORT", "LIVEKIT_PORT", "LIVEKIT_TCP_PORT", "LIVEKIT_UDP_PORT"),
    *("INGRESS_PORT", "METRICS_PORT"),
)
