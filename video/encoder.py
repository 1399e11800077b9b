"""Encodes pictures once, nothing kept back. Blocking: the caller gives it a thread of its own."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Codec = Literal["h264", "vp8"]

KEY_INTERVAL = 1.0
"""Seconds between key frames, by time and not by count: a new viewer of a 10 fps camera must not
wait longer.
"""

RATE_BUFFER = 8
"""The rate control's buffer is 1/8 s of the bitrate. Without one, key frames leave as bursts that
make the viewer's delay wander by 0.6 s at 2.5 Mbit/s."""

_TIME_BASE = Fraction(1, 1_000_000)
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


@dataclass(frozen=True, slots=True)
class Encoded:
    """One encoded picture: H.264 as Annex B. Sizes in pixels, time as it was given, in seconds."""

    data: bytes
    key: bool
    width: int
    height: int
    time: float


class VideoEncoder:
    """I420 pictures in, packets out, one each, nothing kept back.

    Reopens when the picture's size or the bitrate changes; the first packet after that is a key
    frame.
    """

    def __init__(self, codec: Codec, bitrate: int, *, key_interval: float = KEY_INTERVAL) -> None:
        """`bitrate` in bits per second is a ceiling: a quiet picture takes less."""
        self._codec: Codec = codec
        self._bitrate = bitrate
        self._key_interval = key_interval
        self._context: VideoCodecContext | None = None
        self._last_key = float("-inf")

    @property
    def bitrate(self) -> int:
        """The ceiling in bits per second."""
        return self._bitrate

    def set_bitrate(self, bitrate: int) -> None:
        """Change the ceiling from the next picture on."""
        if bitrate != self._bitrate:
            self._bitrate = bitrate
            self._context = None

    def encode(
        self, picture: av.VideoFrame | NDArray[np.uint8], time: float, *, key: bool = False
    ) -> list[Encoded]:
        """Encode one picture: a yuv420p frame, or I420 of (height * 3 / 2, width) uint8; sides
        even.

        Times (seconds) must increase. key: make it a key frame whatever the interval says. Raises
        av.FFmpegError if the library refuses it.
        """
        if isinstance(picture, av.VideoFrame):
            frame = picture
            frame.pict_type = PictureType.NONE  # what it was in the source says nothing here
        else:
            frame = av.VideoFrame.from_numpy_buffer(picture, format="yuv420p")
        context = self._context_for(frame)
        frame.pts = round(time * 1_000_000)
        frame.time_base = _TIME_BASE
        # Half a frame of a 60 fps camera early, or else every second interval would be one frame
        # too long.
        if key or time - self._last_key >= self._key_interval - 0.008:
            frame.pict_type = PictureType.I
            self._last_key = time
        return [
            Encoded(bytes(packet), packet.is_keyframe, frame.width, frame.height, time)
            for packet in context.encode(frame)
        ]

    def _context_for(self, frame: av.VideoFrame) -> VideoCodecContext:
        context = self._context
        if not context or (context.width, context.height) != (frame.width, frame.height):
            context = self._context = self._open(frame.width, frame.height)
            self._last_key = float("-inf")
        return context

    def _open(self, width: int, height: int) -> VideoCodecContext:
        context = VideoCodecContext.create(_LIBRARY[self._codec], "w")
        context.width, context.height = width, height
        context.pix_fmt = "yuv420p"
        context.time_base = _TIME_BASE
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
