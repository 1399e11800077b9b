"""Encoders as cameras have them: no delay, key frames by time, B-frames only where asked for."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

_ENCODERS = {
    "h264": "libx264",
    "h265": "libx265",
    "mjpeg": "mjpeg",
    "mpeg4": "mpeg4",
    "vp8": "libvpx",
    "vp9": "libvpx-vp9",
}
CLOCK = 30_000
"""Ticks a second of all pictures' times; MPEG-4 takes no more than 65,535."""

_REALTIME_VPX = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
_OPTIONS: dict[str, dict[str, str]] = {
    "h264": {"preset": "ultrafast", "tune": "zerolatency"},
    "h265": {"preset": "ultrafast", "tune": "zerolatency", "x265-params": "log-level=none"},
    # RTP carries the standard Huffman tables only.
    "mjpeg": {"huffman": "default", "force_duplicated_matrix": "1"},
    "mpeg4": {},
    "vp8": _REALTIME_VPX,
    "vp9": _REALTIME_VPX,
}
SOUND_RATES = {"aac": 48_000, "pcmu": 8_000, "pcma": 8_000, "opus": 48_000, "mp3": 44_100}
_SOUND_ENCODERS = {
    "aac": "aac",
    "pcmu": "pcm_mulaw",
    "pcma": "pcm_alaw",
    "opus": "libopus",
    "mp3": "libmp3lame",
}
_SOUND_FORMATS = {"aac": "fltp", "mp3": "s16p"}


@dataclass(frozen=True, slots=True)
class Look:
    """How the picture is made: size in pixels, gop in seconds between two key frames."""

    codec: str = "h264"
    width: int = 320
    height: int = 180
    fps: int = 15
    gop: float = 1.0
    bframes: int = 0
    bitrate: int = 500_000


def add_video(container: OutputContainer, look: Look) -> VideoStream:
    """A stream of the container with its encoder prepared."""
    stream = cast(VideoStream, container.add_stream(_ENCODERS[look.codec], rate=look.fps))
    _set_up_video(stream.codec_context, look)
    return stream


def add_sound(container: OutputContainer, codec: str) -> AudioStream:
    """A mono stream of the container with its encoder prepared."""
    stream = cast(AudioStream, container.add_stream(_SOUND_ENCODERS[codec]))
    context = stream.codec_context
    context.sample_rate = SOUND_RATES[codec]
    context.layout = "mono"
    context.format = _SOUND_FORMATS.get(codec, "s16")
    context.time_base = Fraction(1, SOUND_RATES[codec])
    return stream


def new_video(look: Look) -> VideoCodecContext:
    """An encoder that repeats its parameter sets in the stream."""
    context = cast(VideoCodecContext, av.CodecContext.create(_ENCODERS[look.codec], "w"))
    _set_up_video(context, look)
    return context


def _set_up_video(context: VideoCodecContext, look: Look) -> None:
    context.width, context.height = look.width, look.height
    context.pix_fmt = "yuvj420p" if look.codec == "mjpeg" else "yuv420p"
    context.framerate = Fraction(look.fps)
    context.time_base = Fraction(1, CLOCK)
    context.bit_rate = look.bitrate
    context.thread_count = 1
    gop = max(1, round(look.gop * look.fps))
    context.gop_size = gop
    options = dict(_OPTIONS[look.codec])
    if look.codec in ("h264", "h265"):
        known = "x264-params" if look.codec == "h264" else "x265-params"
        said = [options.get(known, ""), f"keyint={gop}:min-keyint={gop}:scenecut=0"]
        said.append(f"bframes={look.bframes}")
        options[known] = ":".join(part for part in said if part)
        if look.bframes:
            del options["tune"]
    if look.codec == "mjpeg":
        options["q"] = "5"
        context.qmin = context.qmax = 5
    context.options = options
