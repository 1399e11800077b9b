"""LiveKit's video frames for tests."""

from __future__ import annotations

import numpy as np
from livekit import rtc
from livekit.rtc import VideoBufferType


def i420(
    width: int = 64, height: int = 48, *, y: int = 128, u: int = 128, v: int = 128
) -> rtc.VideoFrame:
    """One colour, YUV BT.601 limited range."""
    chroma = ((width + 1) // 2) * ((height + 1) // 2)
    data = bytes([y]) * (width * height) + bytes([u]) * chroma + bytes([v]) * chroma
    return rtc.VideoFrame(width, height, VideoBufferType.I420, data)


def packed(width: int, height: int, kind: int, pixel: tuple[int, ...]) -> rtc.VideoFrame:
    """One colour, in the order of `kind`."""
    data = np.tile(np.array(pixel, np.uint8), width * height).tobytes()
    return rtc.VideoFrame(width, height, kind, data)  # type: ignore[arg-type]
