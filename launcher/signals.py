"""The signals that end a start."""

from __future__ import annotations

import asyncio
import signal
import time

_SAME_WISH = 1.0
"""Seconds."""


class Signals:
    """The first signal ends everything in order, a second one at once.

    What follows within a second is the same wish: make and the terminal both pass a Ctrl-C on.
    """

    def __init__(self) -> None:
        self.first = asyncio.Event()
        self.second = asyncio.Event()
        self._first_at = 0.0
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._caught)

    def _caught(self) -> None:
        if not self.first.is_set():
            self._first_at = time.monotonic()
            self.first.set()
        elif time.monotonic() > self._first_at + _SAME_WISH:
            self.second.set()
