"""One received picture: upright, even-sized I420 with the time at which it was captured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from livekit import rtc
from livekit.rtc import VideoBufferType

Plane: TypeAlias = npt.NDArray[np.uint8]

_QUARTER_TURNS: dict[object, int] = {
    rtc.VideoRotation.VIDEO_ROTATION_0: 0,
    rtc.VideoRotation.VIDEO_ROTATION_90: 3,
    rtc.VideoRotation.VIDEO_ROTATION_180: 2,
    rtc.VideoRotation.VIDEO_ROTATION_270: 1,
}
"""`np.rot90` turns counter-clockwise; WebRTC's rotation is clockwise."""

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


@dataclass(frozen=True, slots=True)
class Picture:
    """`i420` is uint8 of shape (height * 3 / 2, width): the Y plane above the packed U and V
    planes.

    `width` and `height` are even, in pixels. `capture` is `time.monotonic()` seconds.
    """

    i420: Plane
    width: int
    height: int
    capture: float


def from_event(event: rtc.VideoFrameEvent, capture: float) -> Picture:
    """Make a `Picture` of a received frame, turned upright: phones send rotation."""
    i420 = to_i420(event.frame)
    if turns := _QUARTER_TURNS[event.rotation]:
        turned = [np.rot90(plane, turns) for plane in planes(i420)]
        packed = np.concatenate([plane.ravel() for plane in turned])
        i420 = packed.reshape(-1, turned[0].shape[1])
    return Picture(i420, i420.shape[1], i420.shape[0] * 2 // 3, capture)


def planes(i420: Plane) -> tuple[Plane, Plane, Plane]:
    """Y, U and V, each two-dimensional."""
    height, width = i420.shape[0] * 2 // 3, i420.shape[1]
    u, v = i420[height:].reshape(2, height // 2, width // 2)
    return i420[:height], u, v


def to_i420(frame: rtc.VideoFrame) -> Plane:
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
