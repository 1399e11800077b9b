"""What livekit-server says of ends that are in order.

It warns three times, in 400 letters each, whenever somebody leaves a room, and at its own end it
tells of packets that it could send to nobody any more. The terminal is where lines are to be read.
"""

from __future__ import annotations

import re

_RECORD = re.compile(r"\d{4}-\d\d-\d\dT\S+\s+[A-Z]+\s")

_ORDINARY = (
    ("error reading data channel", "User Initiated Abort: Close called"),
    ("livekit.pion.udp_mux", "Failed to write packet: io: read/write on closed pipe"),
)
"""Texts that stand together in such a line."""


class ServerLog:
    """Says of each line in turn whether it is shown; a stack trace goes with its record."""

    def __init__(self, *, everything: bool = False) -> None:
        self._everything = everything
        self._shown = True

    def shows(self, line: str) -> bool:
        """False for a remark on an ordinary end."""
        if _RECORD.match(line):
            self._shown = not any(all(text in line for text in texts) for texts in _ORDINARY)
        return self._shown or self._everything
