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
        self._resampler = AudioResampler("s16", "mono", RATE)
        self._time_base = Fraction(1)

    def take(self, packet: Packet[Any] | None) -> Iterator[tuple[float | None, bytes]]:
        """Time (seconds of the source, None for unknown) and samples of what is in the packet; None
        at a seam, where decoding begins anew.
        """
        try:
            frames = self._decoder.decode(packet)
        except (av.FFmpegError, ValueError):
            return
        finally:
            if packet is None:
                self._decoder.flush_buffers()
        if packet is not None:
            self._time_base = packet.time_base
        for frame in frames:
            # Those that come at a seam have no time base of their own.
            frame.time_base = self._time_base
            try:
                pieces = self._resampler.resample(frame)
            except (av.FFmpegError, ValueError):
                # Rate or channels have changed: a resampler is made for one kind of sound.
                self._resampler = AudioResampler("s16", "mono", RATE)
                pieces = self._resampler.resample(frame)
            for piece in pieces:
                samples = bytes(piece.planes[0])[: piece.samples * BYTES]
                yield piece.time, samples
