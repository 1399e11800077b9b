"""Shows how far a download is: in place on a terminal, in a line now and then elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType

INTERVAL = 0.5
"""Seconds between two looks."""
LINES = 10.0
"""Seconds between two lines where there is no terminal."""


class Progress:
    """Watches ``done`` from a thread of its own while the block runs."""

    def __init__(self, total: int, done: Callable[[], int], report: Callable[[str], None]) -> None:
        """
        Args:
            total: Bytes in all.
            done: How many there are by now.
            report: Takes a line of text.
        """
        self._total = total
        self._done = done
        self._report = report
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="progress", daemon=True)

    def __enter__(self) -> Progress:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        terminal = sys.stderr.isatty()
        began, first = time.monotonic(), self._done()
        while not self._end.wait(INTERVAL if terminal else LINES):
            done = min(self._total, self._done())
            speed = (done - first) / (time.monotonic() - began)
            line = f"{size(done)} of {size(self._total)}, {size(int(speed))}/s"
            if terminal:
                print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)  # noqa: T201
            else:
                self._report(line)
        if terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)  # noqa: T201


def size(count: int) -> str:
    """A number of bytes for people, in decimal units as the hub and disks have them."""
    for unit, width in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= width:
            return f"{count / width:.1f} {unit}"
    return f"{count} bytes"
