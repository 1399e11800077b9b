"""Received pictures are made upright and even."""

from __future__ import annotations

import numpy as np
import pytest
from livekit import rtc

from agent.picture.picture import from_event


@pytest.mark.parametrize(
    ("rotation", "bright", "turned"),
    [
        (rtc.VideoRotation.VIDEO_ROTATION_0, (0, 0), False),
        (rtc.VideoRotation.VIDEO_ROTATION_90, (0, -1), True),
        (rtc.VideoRotation.VIDEO_ROTATION_180, (-1, -1), False),
        (rtc.VideoRotation.VIDEO_ROTATION_270, (-1, 0), True),
    ],
)
@pytest.mark.parametrize("size", [(64, 32), (63, 31)])
def test_pictures_are_turned_upright_and_made_even(
    rotation: rtc.VideoRotation, bright: tuple[int, int], turned: bool, size: tuple[int, int]
) -> None:
    width, height = size
    luma = np.zeros((height, width), np.uint8)
    luma[:8, :8] = 255  # a mark in the top left corner of what the camera sends
    chroma = np.full(2 * ((width + 1) // 2) * ((height + 1) // 2), 128, np.uint8)
    data = np.concatenate([luma.ravel(), chroma]).tobytes()
    frame = rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, data)
    made = from_event(rtc.VideoFrameEvent(frame, 0, rotation), 5.0)
    expected = (height, width) if turned else (width, height)
    assert (made.width, made.height) == (expected[0] & ~1, expected[1] & ~1)
    assert made.i420.shape == (made.height * 3 // 2, made.width)
    corner = made.i420[: made.height][bright[0] * 3, bright[1] * 3]
    assert corner == 255
