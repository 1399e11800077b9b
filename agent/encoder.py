"""Encodes the held picture once. Blocking: the caller gives it a thread of its own."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from agent.hold import Packet
from agent.picture import Picture

Codec = Literal["h264", "vp8"]

KEY_INTERVAL = 1.0
"""Seconds between key frames, by time and not by count: a new viewer of a 10 fps camera must not
wait longer.
"""

RATE_BUFFER = 8
"""The rate control's buffer is 1/8 s of the bitrate. Without one, key frames leave as bursts that
make the viewer's delay wander by 0.6 s at 2.5 Mbit/s."""

_LIBRARY: dict[Codec, Literal["libx264", "libvpx"]] = {"h264": "libx264", "vp8": "libvpx"}

_OPTIONS: dict[Codec, dict[str, str]] = {
    # forced-idr: a forced I frame must be one that a late viewer can start from.
    "h264": {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",
        "crf": "25",
        "forced-idr": "1",
    },
    "vp8": {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "crf": "10"},
}


class VideoEncoder:
    """I420 pictures in, packets out, one each, nothing kept back.

    Reopens when the picture's size or the bitrate changes; the first packet after that is a key
    frame.
    """

    def __init__(self, codec: Codec, bitrate: int) -> None:
        """`bitrate` in bits per second is a ceiling: a quiet picture takes less."""
        self._codec: Codec = codec
        self._bitrate = bitrate
        self._context: VideoCodecContext | None = None
        self._last_key = float("-inf")
        self._next_id = 0

    @property
    def bitrate(self) -> int:
        """The ceiling in bits per second."""
        return self._bitrate

    def set_bitrate(self, bitrate: int) -> None:
        """Change the ceiling from the next picture on."""
        if bitrate != self._bitrate:
            self._bitrate = bitrate
            self._context = None

    def encode(self, picture: Picture) -> list[Packet]:
        """Encode one picture. Capture times must increase. Raises av.FFmpegError if the library
        refuses it.
        """
        context = self._context_for(picture)
        frame = av.VideoFrame.from_numpy_buffer(picture.i420, format="yuv420p")
        frame.pts = round(picture.capture * 1_000_000)
        frame.time_base = Fraction(1, 1_000_000)
        # Half a frame of a 60 fps camera early, or else every second interval would be one frame
        # too long.
        if picture.capture - self._last_key >= KEY_INTERVAL - 0.008:
            frame.pict_type = PictureType.I
            self._last_key = picture.capture
        return [self._packet(packet, picture) for packet in context.encode(frame)]

    def _packet(self, packet: av.Packet[av.VideoStream], picture: Picture) -> Packet:
        self._next_id = (self._next_id + 1) & 0xFFFFFFFF
        return Packet(
            data=bytes(packet),
            key=packet.is_keyframe,
            width=picture.width,
            height=picture.height,
            capture=picture.capture,
            frame_id=self._next_id,
        )

    def _context_for(self, picture: Picture) -> VideoCodecContext:
        context = self._context
        if not context or (context.width, context.height) != (picture.width, picture.height):
            context = self._context = self._open(picture.width, picture.height)
            self._last_key = float("-inf")
        return context

    def _open(self, width: int, height: int) -> VideoCodecContext:
        context = VideoCodecContext.create(_LIBRARY[self._codec], "w")
        context.width, context.height = width, height
        context.pix_fmt = "yuv420p"
        context.time_base = Fraction(1, 1_000_000)
        context.framerate = Fraction(30, 1)
        context.bit_rate = self._bitrate if self._codec == "vp8" else 0
        context.thread_count = 1
        context.gop_size = 10_000
        context.max_b_frames = 0
        context.options = _OPTIONS[self._codec] | {
            "maxrate": str(self._bitrate),
            "bufsize": str(self._bitrate // RATE_BUFFER),
        }
        return context
