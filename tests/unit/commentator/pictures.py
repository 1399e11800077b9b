"""Pictures for tests."""

from __future__ import annotations

import numpy as np
from livekit.plugins.pressbox.commentator import I420


def i420(width: int = 64, height: int = 48, *, y: int = 128, u: int = 128, v: int = 128) -> I420:
    """One colour, YUV BT.601 limited range; width and height even."""
    planes = np.empty((height * 3 // 2, width), np.uint8)
    planes[:height] = y
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    chroma[0], chroma[1] = u, v
    return planes
