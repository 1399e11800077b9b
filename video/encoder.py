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
    "h264": {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",
        "crf": "25",
        # A forced I frame must be one that a late viewer can start from.
        "forced-idr": "1",
        # Without these, blocks and noise gather between key frames and each key frame wipes them
        # off: the picture pulses. See "The delayed picture" in docs/benchmarks.md.
        "x264-params": "no-deblock=0:subme=1:analyse=i4x4",
    },
    "vp8": {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "crf": "10"},
}


@dataclass(frozen=True, slots=True)
class Encoded:
    """One encoded picture: H.264 as Annex B. Sizes in pixels, time as it was given, in seconds."""

    codec: Codec
    data: bytes
    key: bool
    width: int
    height: int
    time: float


class VideoEncoder:
    """I420 pictures in, packets out, one each, nothing kept back.

    The first packet after another size, codec or bitrate is a key frame. Codec and bitrate may be
    set from any thread, while another one encodes; they hold from the next picture on.
    """

    def __init__(self, codec: Codec, bitrate: int, *, key_interval: float = KEY_INTERVAL) -> None:
        """`bitrate` in bits per second is a ceiling: a quiet picture takes less."""
        self.codec: Codec = codec
        self.bitrate = bitrate
        self._key_interval = key_interval
        self._context: VideoCodecContext | None = None
        self._form: _Form | None = None
        self._last_key = float("-inf")

    def encode(
        self, picture: av.VideoFrame | NDArray[np.uint8], time: float, *, key: bool = False
    ) -> list[Encoded]:
        """Encode one picture: a yuv420p frame, or I420 of (height * 3 / 2, width) uint8; sides
        even.

        Times (seconds) must increase. key: make it a key frame whatever the interval says. Raises
        what the library raises, mostly av.FFmpegError; the next picture then begins anew.
        """
        if isinstance(picture, av.VideoFrame):
            frame = picture
            frame.pict_type = PictureType.NONE  # what it was in the source says nothing here
        else:
            frame = av.VideoFrame.from_numpy_buffer(picture, format="yuv420p")
        form = _Form(self.codec, frame.width, frame.height, self.bitrate)
        try:
            if self._context is None or form != self._form:
                self._context, self._form = form.open(), form
                self._last_key = float("-inf")
            return self._encoded(self._context, form, frame, time, key=key)
        except Exception:
            self._context = None
            raise

    def _encoded(
        self,
        context: VideoCodecContext,
        form: _Form,
        frame: av.VideoFrame,
        time: float,
        *,
        key: bool,
    ) -> list[Encoded]:
        frame.pts = round(time * 1_000_000)
        frame.time_base = _TIME_BASE
        # Half a frame of a 60 fps camera early, or else every second interval would be one frame
        # too long.
        if key or time - self._last_key >= self._key_interval - 0.008:
            frame.pict_type = PictureType.I
            self._last_key = time
        return [
            Encoded(form.codec, bytes(packet), packet.is_keyframe, form.width, form.height, time)
            for packet in context.encode(frame)
        ]


@dataclass(frozen=True, slots=True)
class _Form:
    """What an open encoder cannot change."""

    codec: Codec
    width: int
    height: int
    bitrate: int

    def open(self) -> VideoCodecContext:
        context = VideoCodecContext.create(_LIBRARY[self.codec], "w")
        context.width, context.height = self.width, self.height
        context.pix_fmt = "yuv420p"
        context.time_base = _TIME_BASE
        context.framerate = Fraction(30, 1)
        context.bit_rate = self.bitrate if self.codec == "vp8" else 0
        context.thread_count = 1
        context.gop_size = 10_000
        context.max_b_frames = 0
        context.options = _OPTIONS[self.codec] | {
            "maxrate": str(self.bitrate),
            "bufsize": str(self.bitrate // RATE_BUFFER),
        }
        return context
