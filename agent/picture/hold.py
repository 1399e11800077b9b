"""The hold: encoded packets that wait for their display time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from video.encoder import Codec

MAX_SECONDS = 40.0
"""Longest stretch of video that is ever held: the longest delay (30 s) and room for its slewing."""

MAX_BYTES = 64_000_000
"""A bound whatever the bitrate: 40 s at 12.8 Mbit/s."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One encoded access unit. `capture` is `time.monotonic()` seconds; sizes are pixels."""

    codec: Codec
    data: bytes
    key: bool
    width: int
    height: int
    capture: float
    frame_id: int


class Hold:
    """A queue of packets in capture order, bounded in seconds and in bytes.

    What comes out can be decoded: it begins with a key frame, and where something is missing it
    goes on with a key frame.
    """

    def __init__(self, *, max_seconds: float = MAX_SECONDS, max_bytes: int = MAX_BYTES) -> None:
        self._packets: deque[Packet] = deque()
        self._max_seconds = max_seconds
        self._max_bytes = max_bytes
        self._bytes = 0
        self._key_first = True
        """The packet that is next to leave must be a key frame."""
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

    @property
    def first(self) -> Packet | None:
        """The packet that leaves next; None when nothing is held that could be shown."""
        return self._packets[0] if self._packets else None

    def push(self, packet: Packet) -> None:
        """Add the newest packet."""
        if self._key_first and not self._packets and not packet.key:
            return
        self._packets.append(packet)
        self._bytes += len(packet.data)
        while self._is_over():
            self.overflowed += self.skip()

    def pop(self) -> Packet:
        """Take the first packet. Raises IndexError when empty."""
        self._key_first = False
        return self._remove()

    def skip(self) -> int:
        """Throw away the first packet and all that builds on it: the next one to leave is a key
        frame. How many went.
        """
        before = len(self._packets)
        if self._packets:
            self._remove()
        self.begin_anew()
        return before - len(self._packets)

    def begin_anew(self) -> None:
        """What was taken last did not arrive: the next one to leave is a key frame."""
        self._key_first = True
        while self._packets and not self._packets[0].key:
            self._remove()

    def skip_to(self, displayed: float) -> None:
        """Throw away what lies before the newest key frame captured at or before `displayed`."""
        keys = (p.capture for p in self._packets if p.key and p.capture <= displayed)
        newest = max(keys, default=None)
        while newest is not None and self._packets[0].capture < newest:
            self._remove()

    def _remove(self) -> Packet:
        packet = self._packets.popleft()
        self._bytes -= len(packet.data)
        return packet

    def _is_over(self) -> bool:
        return self.seconds > self._max_seconds or self._bytes > self._max_bytes
