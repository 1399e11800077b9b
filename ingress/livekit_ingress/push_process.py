"""The process that pushes, seen by its owner."""

from __future__ import annotations

import sys
import time

from ingress.reader.messages import Request, Sound, Unit, encode
from ingress.reader.process import ReaderProcess

COMMAND = (sys.executable, "-m", "ingress.rtmp_push")

WAITING = 2 * 1024 * 1024
"""Bytes that the process has not taken yet, from which on pictures are left out."""


class PushProcess(ReaderProcess):
    """One push; it says Opened when it is accepted, and Failed when it is over."""

    def __init__(self, *parts: object) -> None:
        super().__init__(*parts)  # type: ignore[arg-type]
        self._full_since = 0.0

    @classmethod
    async def begin(cls, address: str, *, sound: bool) -> PushProcess:
        """Starts a process. Raises OSError."""
        made = await cls.start(Request(url=address, sound=sound), command=COMMAND)
        if not isinstance(made, cls):
            raise TypeError("ReaderProcess.start made another class")
        return made

    def send(self, message: Unit | Sound) -> bool:
        """Hands it on; False where it is left out because too much waits."""
        if self._transport.is_closing():
            return False
        if self._transport.get_write_buffer_size() > WAITING:
            self._full_since = self._full_since or time.monotonic()
            return False
        self._full_since = 0.0
        self._transport.writelines(encode(message))
        return True

    def stuck(self, now: float) -> float:
        """Seconds for which nothing has been taken."""
        return now - self._full_since if self._full_since else 0.0
