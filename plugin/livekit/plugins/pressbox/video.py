"""From LiveKit's video frames of any type to what engines are sent."""

from __future__ import annotations

from livekit import rtc
from livekit.plugins.pressbox.commentator import frames
from livekit.plugins.pressbox.commentator.window import SampledFrame

from agent.picture.picture import to_i420


def sample(frame: rtc.VideoFrame, capture_time: float) -> SampledFrame:
    """See ``frames.sample``. Raises ValueError for what is no picture."""
    try:
        return frames.sample(to_i420(frame), capture_time)
    except Exception as error:  # LiveKit's conversion raises nothing narrower
        raise ValueError(
            f"a frame of {frame.width}x{frame.height} pixels cannot be read: {error}"
        ) from error
