"""The hold: encoded packets that wait for their display time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MAX_SECONDS = 40.0
"""Longest stretch of video that is ever held: the longest delay (30 s) and room for its slewing."""

MAX_BYTES = 64_000_000
"""A bound whatever the bitrate: 40 s at 12.8 Mbit/s."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One encoded access unit. `capture` is `time.monotonic()` seconds; sizes are pixels."""

    data: bytes
    key: bool
    width: int
    height: int
    capture: float
    frame_id: int


class Hold:
    """A queue of packets in capture order, bounded in seconds and in bytes.

    When it overflows, the oldest packets go, up to the next key frame, so that what comes out can
    be decoded.
    """

    def __init__(self, *, max_seconds: float = MAX_SECONDS, max_bytes: int = MAX_BYTES) -> None:
        self._packets: deque[Packet] = deque()
        self._max_seconds = max_seconds
        self._max_bytes = max_bytes
        self._bytes = 0
        self.overflowed = 0
        """Packets that were thrown away because a bound was reached."""

    def __len__(self) -> int:
        return len(self._packets)

    @property
    def bytes(self) -> int:
        """Bytes of encoded video held."""
        return self._bytes

    @property
    def seconds(self) -> float:
        """Seconds of video held, first to last capture time."""
        return self._packets[-1].capture - self._packets[0].capture if self._packets else 0.0

    def push(self, packet: Packet) -> None:
        """Add the newest packet."""
        self._packets.append(packet)
        self._bytes += len(packet.data)
        if self._is_over():
            self._drop_oldest_group()

    def next_capture(self) -> float | None:
        """Capture time of the packet that leaves next; None when empty."""
        return self._packets[0].capture if self._packets else None

    def pop_due(self, displayed: float) -> list[Packet]:
        """Take every packet captured at or before `displayed`, oldest first."""
        due = []
        while self._packets and self._packets[0].capture <= displayed:
            due.append(self._pop())
        return due

    def skip_to(self, displayed: float) -> None:
        """Throw away what lies before the newest key frame captured at or before `displayed`."""
        keys = (p.capture for p in self._packets if p.key and p.capture <= displayed)
        newest = max(keys, default=None)
        while newest is not None and self._packets[0].capture < newest:
            self._pop()

    def _pop(self) -> Packet:
        packet = self._packets.popleft()
        self._bytes -= len(packet.data)
        return packet

    def _is_over(self) -> bool:
        return self.seconds > self._max_seconds or self._bytes > self._max_bytes

    def _drop_oldest_group(self) -> None:
        while self._packets and self._is_over():
            self._pop()
            self.overflowed += 1
            while self._packets and not self._packets[0].key:
                self._pop()
                self.overflowed += 1
