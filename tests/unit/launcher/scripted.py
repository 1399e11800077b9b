"""Children that follow a script, and what tests ask about them."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

from launcher.child import Spec
from launcher.log_stream import LogStream

STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("stubborn", flush=True)
time.sleep(600)
"""

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
print("grandchild", child.pid, flush=True)
time.sleep(600)
"""

SLEEP = "import time; print('up', flush=True); time.sleep(600)"


class Recorder:
    """A log stream whose lines a test can read."""

    def __init__(self) -> None:
        self.out = io.StringIO()
        self.log = LogStream(self.out, colour=False)

    @property
    def lines(self) -> list[str]:
        return self.out.getvalue().splitlines()

    def said(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def number_after(self, word: str) -> int:
        """The last number that was printed after this word."""
        line = [line for line in self.lines if f" {word} " in line][-1]
        return int(line.split()[-1])


def script(name: str, code: str, *words: str, ready_line: str = "", limit: float = 20.0) -> Spec:
    """A child that runs this code."""
    argv = (sys.executable, "-c", code, *words)
    return Spec(name, argv, ready_line=ready_line, start_limit=limit, stop_grace=0.5)


def running(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
