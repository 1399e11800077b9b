"""From LiveKit's video frames of any type to even-sized I420."""

from __future__ import annotations

import numpy as np
from livekit import rtc

from agent.commentator import frames
from agent.commentator.frames import I420
from agent.commentator.window import SampledFrame


def sample(frame: rtc.VideoFrame, capture_time: float) -> SampledFrame:
    """See ``agent.commentator.frames.sample``. Raises ValueError for what is no picture."""
    try:
        return frames.sample(to_i420(frame), capture_time)
    except Exception as error:  # LiveKit's conversion raises nothing narrower
        raise ValueError(
            f"a frame of {frame.width}x{frame.height} pixels cannot be read: {error}"
        ) from error


def to_i420(frame: rtc.VideoFrame) -> I420:
    """The picture without its odd last row and column; LiveKit packs the planes tightly."""
    if frame.type != rtc.VideoBufferType.I420:
        frame = frame.convert(rtc.VideoBufferType.I420)
    data = np.frombuffer(frame.data, np.uint8)
    width, height = frame.width & ~1, frame.height & ~1
    if not (width and height):
        raise ValueError("too small to be a picture")
    if (width, height) == (frame.width, frame.height):
        return data.reshape(height * 3 // 2, width)
    luma = frame.width * frame.height
    rows, columns = (frame.height + 1) // 2, (frame.width + 1) // 2
    chroma = data[luma:].reshape(2, rows, columns)[:, : height // 2, : width // 2]
    bright = data[:luma].reshape(frame.height, frame.width)[:height, :width]
    return np.concatenate([bright.ravel(), chroma.ravel()]).reshape(height * 3 // 2, width)
