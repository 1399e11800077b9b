"""From LiveKit's video frames of any type to what engines are sent."""

from __future__ import annotations

import numpy as np
from livekit import rtc
from livekit.rtc import VideoBufferType

from .commentator import frames
from .commentator.frames import I420
from .commentator.window import SampledFrame

_BYTES = {
    VideoBufferType.I420: (1, 2, 2),
    VideoBufferType.I420A: (2, 2, 2),
    VideoBufferType.NV12: (1, 2, 2),
    VideoBufferType.I422: (1, 2, 1),
    VideoBufferType.I444: (3, 0, 0),
    VideoBufferType.RGB24: (3, 0, 0),
    VideoBufferType.RGBA: (4, 0, 0),
    VideoBufferType.BGRA: (4, 0, 0),
    VideoBufferType.ARGB: (4, 0, 0),
}
"""The types that can be read: bytes a pixel of what has full size, then of the two planes of colour
by how much they are narrower and lower (0: there are none). LiveKit's library ends the process at
the other two, ABGR and I010.
"""


def sample(frame: rtc.VideoFrame, capture_time: float) -> SampledFrame:
    """See ``frames.sample``. Raises ValueError for what is no picture."""
    try:
        return frames.sample(to_i420(frame), capture_time)
    except Exception as error:  # LiveKit's conversion raises nothing narrower
        raise ValueError(
            f"a frame of {frame.width}x{frame.height} pixels cannot be read: {error}"
        ) from error


def to_i420(frame: rtc.VideoFrame) -> I420:
    """The picture of a frame of any type without its odd last row and column, which video encoders
    do not take. LiveKit packs the planes tightly. Raises ValueError for what is no picture.
    """
    if frame.type not in _BYTES:
        raise ValueError(f"its type, {frame.type}, is none that can be converted")
    if len(frame.data) < _size(frame):  # LiveKit would read beyond it
        raise ValueError(f"it has {len(frame.data)} bytes and should have {_size(frame)}")
    if frame.type != VideoBufferType.I420:
        frame = frame.convert(VideoBufferType.I420)
    data = np.frombuffer(frame.data, np.uint8)
    width, height = frame.width & ~1, frame.height & ~1
    if not (width and height):
        raise ValueError("too small to be a picture")
    if (width, height) == (frame.width, frame.height):
        return data[: _size(frame)].reshape(height * 3 // 2, width)
    luma = frame.width * frame.height
    rows, columns = (frame.height + 1) // 2, (frame.width + 1) // 2
    chroma = data[luma : _size(frame)].reshape(2, rows, columns)[:, : height // 2, : width // 2]
    bright = data[:luma].reshape(frame.height, frame.width)[:height, :width]
    return np.concatenate([bright.ravel(), chroma.ravel()]).reshape(height * 3 // 2, width)


def _size(frame: rtc.VideoFrame) -> int:
    full, narrower, lower = _BYTES[frame.type]
    size = full * frame.width * frame.height
    return size + (2 * -(-frame.width // narrower) * -(-frame.height // lower) if lower else 0)
