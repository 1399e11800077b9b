"""Keyframes, and what came since the last one."""

from __future__ import annotations

from typing import Any

import av
from av import VideoFrame
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

KEPT = 32 * 1024 * 1024
"""Bytes of packets since the last keyframe that are kept, should they have to be decoded."""


class Gop:
    """Packets since the last keyframe, as long as they are not too many."""

    def __init__(self) -> None:
        self._packets: list[Packet[Any]] = []
        self._bytes = 0

    def add(self, packet: Packet[Any], *, key: bool) -> None:
        """The next packet."""
        if key:
            self.clear()
        elif not self._packets or self._bytes > KEPT:
            return
        self._packets.append(packet)
        self._bytes += packet.size

    def clear(self) -> list[Packet[Any]]:
        """Gives them up; nothing where some of them are missing, since they are of no use then."""
        packets, self._packets = self._packets, []
        whole, self._bytes = self._bytes <= KEPT, 0
        return packets if whole else []


def decode_alone(decoder: VideoCodecContext, data: bytes) -> VideoFrame | None:
    """The picture of this keyframe, by a decoder that is not at work; None where there is none."""
    try:
        frames = [*decoder.decode(Packet(data)), *decoder.decode(None)]
    except MemoryError:
        raise
    except av.FFmpegError:
        return None
    finally:
        decoder.flush_buffers()
    return frames[0] if frames else None
