"""Sound of a source as AAC, which is what RTMP carries."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import av

from ingress.reader.messages import Sound

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import OutputContainer

RATE = 48_000
BITRATE = 96_000
FRAME = 1024
GAP = 0.08
"""Seconds by which sound may be away from where it should be, before silence fills or it is cut."""

LONGEST_FILL = 2.0
_WIDTH = 2


class Samples:
    """Mono int16 samples at 48 kHz, cut into AAC frames on an even time line. Pure."""

    def __init__(self, begin: float) -> None:
        """begin: the time that is sample 0, monotonic seconds."""
        self._begin = begin
        self._waiting = bytearray()
        self._position: int | None = None

    def add(self, sound: Sound) -> Iterator[tuple[int, bytes]]:
        """Position in samples and data of every frame that is full now."""
        data = sound.data
        wanted = round((sound.time - self._begin) * RATE)
        if self._position is None:
            if wanted < 0:
                data = data[-wanted * _WIDTH :]
                wanted = 0
            self._position = wanted
        behind = wanted - (self._position + len(self._waiting) // _WIDTH)
        if behind > LONGEST_FILL * RATE:
            self._waiting.clear()
            self._position += behind
        elif behind > GAP * RATE:
            self._waiting += bytes(behind * _WIDTH)
        elif behind < -GAP * RATE:
            data = data[-behind * _WIDTH :]
        self._waiting += data
        while len(self._waiting) >= FRAME * _WIDTH:
            yield self._position, bytes(self._waiting[: FRAME * _WIDTH])
            del self._waiting[: FRAME * _WIDTH]
            self._position += FRAME


class AacTrack:
    """An AAC stream in a container."""

    def __init__(self, container: OutputContainer, begin: float) -> None:
        self._samples = Samples(begin)
        self._stream = container.add_stream(
            "aac", rate=RATE, layout="mono", bit_rate=BITRATE, format="fltp"
        )

    def encode(self, sound: Sound) -> Iterator[av.Packet[AudioStream]]:
        """The packets that this sound fills."""
        for position, data in self._samples.add(sound):
            frame = av.AudioFrame(format="s16", layout="mono", samples=FRAME)
            frame.planes[0].update(data)
            frame.sample_rate = RATE
            frame.time_base = Fraction(1, RATE)
            frame.pts = position
            for packet in self._stream.encode(frame):
                # The encoder's run-up lies before 0, which FLV refuses once a picture has gone out.
                if packet.pts is not None and packet.pts >= 0:
                    yield packet
