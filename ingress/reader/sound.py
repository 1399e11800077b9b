"""Sound of any codec becomes mono, 16 bits, 48 kHz."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
from av import AudioResampler
from av.audio.codeccontext import AudioCodecContext
from av.packet import Packet

RATE = 48_000
"""Samples a second of what comes out."""

BYTES = 2
"""Of one sample."""


class SoundDecoder:
    """Decodes one stream of sound. What cannot be decoded is passed over."""

    def __init__(self, decoder: AudioCodecContext) -> None:
        self._decoder = decoder
        self._resampler: AudioResampler | None = None
        self._kind: object = None
        self._time_base = Fraction(1)
        self._end: float | None = None

    def take(self, packet: Packet[Any] | None) -> Iterator[tuple[float | None, bytes]]:
        """Time (seconds of the source, None for unknown) and samples of what is in the packet; None
        at a discontinuity, where decoding begins anew.
        """
        try:
            frames = self._decoder.decode(packet)
            if packet is not None:
                self._time_base = packet.time_base
            for frame in frames:
                # A resampler is made for one kind of sound, and does not always say so.
                kind = (frame.format.name, frame.layout.name, frame.sample_rate)
                if self._resampler is None or kind != self._kind:
                    self._resampler, self._kind = AudioResampler("s16", "mono", RATE), kind
                # Those that come at a discontinuity have no time base of their own.
                frame.time_base = self._time_base
                for piece in self._resampler.resample(frame):
                    # Of several frames in one packet of RTP the first alone has a time.
                    when = self._end if piece.time is None else piece.time
                    self._end = when if when is None else when + piece.samples / RATE
                    yield when, bytes(piece.planes[0])[: piece.samples * BYTES]
        except (av.FFmpegError, ValueError, ArithmeticError):
            self._resampler = None
        finally:
            if packet is None:
                self._end = None
                self._decoder.flush_buffers()
