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
    """Make a `Picture` of a frame of a `FrameStream`, turned upright, since phones send rotation,
    and without its odd last row and column, which video encoders do not take.
    """
    wide, high = event.frame.width, event.frame.height
    data, turns = np.frombuffer(event.frame.data, np.uint8), _QUARTER_TURNS[event.rotation]
    if turns or wide % 2 or high % 2:
        luma = data[: wide * high].reshape(high, wide)[: high & ~1, : wide & ~1]
        chroma = data[wide * high :].reshape(2, (high + 1) // 2, (wide + 1) // 2)
        u, v = chroma[:, : high // 2, : wide // 2]
        turned = [np.rot90(plane, turns) for plane in (luma, u, v)]
        high, wide = turned[0].shape
        data = np.concatenate([plane.ravel() for plane in turned])
    return Picture(data.reshape(high * 3 // 2, wide), wide, high, capture)


def planes(i420: Plane) -> tuple[Plane, Plane, Plane]:
    """Y, U and V, each two-dimensional."""
    height, width = i420.shape[0] * 2 // 3, i420.shape[1]
    u, v = i420[height:].reshape(2, height // 2, width // 2)
    return i420[:height], u, v
