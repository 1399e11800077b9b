"""One received picture: upright, even-sized I420 with the time at which it was captured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from livekit import rtc

Plane: TypeAlias = npt.NDArray[np.uint8]

_QUARTER_TURNS: dict[object, int] = {
    rtc.VideoRotation.VIDEO_ROTATION_0: 0,
    rtc.VideoRotation.VIDEO_ROTATION_90: 3,
    rtc.VideoRotation.VIDEO_ROTATION_180: 2,
    rtc.VideoRotation.VIDEO_ROTATION_270: 1,
}
"""`np.rot90` turns counter-clockwise; WebRTC's rotation is clockwise."""


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
    """Make a `Picture` of a received frame: turned upright (phones send rotation), cropped to even
    sizes.

    H.264 and VP8 subsample colour by two, so an odd row or column cannot be encoded.
    """
    frame = event.frame
    if frame.type != rtc.VideoBufferType.I420:
        frame = frame.convert(rtc.VideoBufferType.I420)
    turns = _QUARTER_TURNS[event.rotation]
    if not turns and not frame.width % 2 and not frame.height % 2:
        i420 = np.frombuffer(frame.data, np.uint8).reshape(frame.height * 3 // 2, frame.width)
        return Picture(i420, frame.width, frame.height, capture)
    y, u, v = (np.rot90(plane, turns) for plane in _planes(frame))
    height, width = y.shape[0] & ~1, y.shape[1] & ~1
    chroma = (slice(0, height // 2), slice(0, width // 2))
    packed = np.concatenate([y[:height, :width].ravel(), u[chroma].ravel(), v[chroma].ravel()])
    return Picture(packed.reshape(height * 3 // 2, width), width, height, capture)


def _planes(frame: rtc.VideoFrame) -> tuple[Plane, Plane, Plane]:
    data = np.frombuffer(frame.data, np.uint8)
    width, height = frame.width, frame.height
    half_width, half_height = (width + 1) // 2, (height + 1) // 2
    luma, chroma = width * height, half_width * half_height
    return (
        data[:luma].reshape(height, width),
        data[luma : luma + chroma].reshape(half_height, half_width),
        data[luma + chroma : luma + 2 * chroma].reshape(half_height, half_width),
    )
