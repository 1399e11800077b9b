"""What every source looks like to the session: what is in it, and its pieces in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from av import VideoFrame
from av.audio.codeccontext import AudioCodecContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a source.

    codec and sound by FFmpeg's names, "" for no sound; decoder None for pictures that are drawn
    here; sizes in pixels and fps 0 where they are not known yet; aspect: a pixel's width by its
    height; paced: a film, whose own times say when a piece is due; transport: tcp or udp, for RTSP.
    """

    codec: str
    decoder: VideoCodecContext | None = None
    width: int = 0
    height: int = 0
    fps: float = 0.0
    aspect: float = 1.0
    sound: str = ""
    sound_decoder: AudioCodecContext | None = None
    paced: bool = False
    transport: str = ""


@dataclass(slots=True)
class Piece:
    """One packet, or one drawn picture; or neither: a discontinuity, at which decoders are emptied.

    time: when a piece of a film is due, seconds of the film. Packets' timestamps are those of the
    source, or of the film as a whole.
    """

    time: float | None = None
    packet: Packet[Any] | None = None
    frame: VideoFrame | None = None
    sound: bool = False


class Source(Protocol):
    """An open source."""

    contents: Contents

    def pieces(self) -> Iterator[Piece]:
        """All pieces, in order; blocks. Raises SourceFailure; returns at the end."""

    def close(self) -> None:
        """Releases what it holds. Idempotent."""
