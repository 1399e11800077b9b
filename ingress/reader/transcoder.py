"""Decodes once and encodes once; or gives the decoded pictures as they are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, cast

import av
from av import VideoFrame
from av.codec.context import Flags, ThreadType
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

from ingress.reader.failures import SourceFailure
from ingress.reader.messages import Order, RawPicture, Request, Unit
from ingress.reader.pacing import Clock
from ingress.reader.shape import Deinterlacer, Shaper, i420
from video.encoder import VideoEncoder

KEY_INTERVAL = 2.0
"""Seconds between keyframes; a viewer who comes in between asks for one."""

KEYS_APART = 0.5
"""Seconds between two keyframes that were asked for; many viewers may ask at once."""

BAD_IN_A_ROW = 50
"""Packets that cannot be decoded, one behind the other, after which none is to be expected."""

MOST_PIXELS = 36_000_000
"""Of one picture, 8K; a larger one is refused instead of filling the memory."""

WIDE = 1920 * 1088
"""Pixels above which a live source, too, is decoded picture beside picture: cameras write one slice
a picture, so that there is nothing else to share out. It costs the time of a picture or two."""

THREADS = min(3, os.cpu_count() or 1)

MOST_DELAYED = 16
"""Pictures that a decoder keeps back."""


class Transcoder:
    """Packets or drawn pictures in, units or raw pictures out, from one thread."""

    def __init__(
        self, request: Request, clock: Clock, decoder: VideoCodecContext | None, aspect: float
    ) -> None:
        self._raw = request.output == "raw"
        self._clock = clock
        self._decoder = decoder
        self._aspect = aspect
        self._encoder = VideoEncoder("h264", request.bitrate, key_interval=KEY_INTERVAL)
        self._deinterlacer = Deinterlacer()
        self._shaper = Shaper(request.turn, mirror=request.mirror)
        self._key = False
        self._last_key = float("-inf")
        self._bad = 0
        self._time_base = Fraction(1)
        self._shown = float("-inf")
        self._to_hide = 0
        self._narrow = decoder is not None and decoder.thread_type == ThreadType.SLICE
        self.seen: VideoFrame | None = None
        """The picture that was decoded last, as it came."""

    @property
    def bitrate(self) -> int:
        """What the encoder takes at most, bits a second; 0 where it does not encode."""
        return 0 if self._raw else self._encoder.bitrate

    def want(self, order: Order) -> None:
        """From the next picture on."""
        self._key = self._key or order.key
        self._encoder.bitrate = order.bitrate or self._encoder.bitrate

    def catch_up(self, packets: list[Packet[Any]]) -> None:
        """Decodes what came before and shows nothing of it."""
        for packet in packets:
            self._decode(packet)
            if packet.pts is not None:
                # A decoder of several threads gives some of them only later, and B-frames of
                # before the last one may follow.
                self._to_hide = MOST_DELAYED
                self._shown = max(self._shown, float(packet.pts * packet.time_base))
        self._bad = 0
        self._key = True

    def take(
        self, packet: Packet[Any] | None, arrived: float, *, show: bool = True
    ) -> Iterator[Unit | RawPicture]:
        """What comes of one packet; None at a discontinuity. show: False decodes only, to catch up.

        Raises SourceFailure when nothing can be decoded any more.
        """
        if packet is not None:
            self._time_base = packet.time_base
        for frame in self._decode(packet):
            # Not frame.time: those that come at a discontinuity have no time base of their own.
            pts = float(frame.pts * self._time_base) if frame.pts is not None else None
            if self._to_hide and pts is not None and pts <= self._shown:
                self._to_hide -= 1
                continue
            self._to_hide = 0
            yield from self.draw(frame, pts, arrived, show=show)

    def draw(
        self, frame: VideoFrame, pts: float | None, arrived: float, *, show: bool = True
    ) -> Iterator[Unit | RawPicture]:
        """What comes of one picture."""
        self.seen = frame
        try:
            whole, pts = self._deinterlacer.take(frame, pts)
            time = self._clock.place(pts, arrived)
            if not show or whole is None:
                return
            said = self._decoder.sample_aspect_ratio if self._decoder else None
            shaped = self._shaper.shape(whole, float(said or self._aspect))
            if self._raw:
                yield RawPicture(shaped.width, shaped.height, time, arrived, i420(shaped))
                return
            wanted = self._key and time - self._last_key >= KEYS_APART
            encoded = self._encoder.encode(shaped, time, key=wanted)
        except MemoryError:
            raise
        except (av.FFmpegError, ValueError):
            self._count_bad()
            return
        for one in encoded:
            if one.key:
                self._key, self._last_key = False, time
            yield Unit(one.key, one.width, one.height, one.time, arrived, one.data)

    def _decode(self, packet: Packet[Any] | None) -> list[VideoFrame]:
        if self._decoder is None:
            return []
        try:
            frames = self._decoder.decode(packet)
            if frames and self._narrow and frames[0].width * frames[0].height > WIDE:
                self._narrow, self._decoder = False, beside(self._decoder)
                frames = self._decoder.decode(packet)
            self._bad = 0 if frames else self._bad
        except MemoryError:
            raise
        except av.FFmpegError:
            self._count_bad()
            return []
        finally:
            if packet is None:
                self._decoder.flush_buffers()
        return frames

    def _count_bad(self) -> None:
        self._bad += self.seen is not None
        if self._bad >= BAD_IN_A_ROW:
            raise SourceFailure("protocol", "the picture can no longer be decoded")


def prepare(decoder: VideoCodecContext, *, paced: bool) -> None:
    """Sets how a decoder works: at once for a live source, with all its threads for a film."""
    if decoder.is_open:
        return
    decoder.options = {"max_pixels": str(MOST_PIXELS)}
    decoder.thread_count = THREADS
    decoder.thread_type = ThreadType.AUTO if paced else ThreadType.SLICE
    if not paced:
        decoder.flags |= Flags.low_delay


def beside(decoder: VideoCodecContext) -> VideoCodecContext:
    """Another one of the same stream that decodes several pictures at once."""
    made: Any = VideoCodecContext.create(decoder.codec.name, "r")
    made.extradata = decoder.extradata
    prepare(made, paced=True)
    return cast(VideoCodecContext, made)
