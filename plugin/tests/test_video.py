"""LiveKit's frames of any type and size become pictures."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from livekit import rtc
from livekit.plugins.pressbox.video import sample
from livekit.rtc import VideoBufferType
from pictures import i420, packed

pytestmark = pytest.mark.unit

RED = {"y": 82, "u": 90, "v": 240}


def colour(frame: rtc.VideoFrame) -> tuple[float, ...]:
    """Mean red, green and blue of what engines are sent."""
    jpeg = sample(frame, 0.0).jpeg
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    means: npt.NDArray[np.float64] = image.reshape(-1, 3).mean(axis=0)[::-1]
    return tuple(float(mean) for mean in means)


@pytest.mark.parametrize("size", [(64, 48), (63, 47), (1279, 719), (719, 1281), (3, 5), (2, 2)])
def test_i420_of_any_size_keeps_its_colour(size: tuple[int, int]) -> None:
    red, green, blue = colour(i420(*size, **RED))
    assert red > 230
    assert green < 25
    assert blue < 25
    assert sample(i420(*size, **RED), 7.5).capture_time == 7.5


def test_frames_without_a_picture_are_refused_by_their_size() -> None:
    with pytest.raises(ValueError, match="1x8"):
        sample(i420(1, 8), 0.0)


@pytest.mark.parametrize(
    "kind",
    [
        *(VideoBufferType.I420, VideoBufferType.NV12, VideoBufferType.I444),
        *(VideoBufferType.RGBA, VideoBufferType.RGB24),
    ],
)
def test_a_frame_that_is_cut_short_is_not_read_beyond_its_end(kind: int) -> None:
    whole = len(packed(64, 48, kind, (0,) * 4).data)  # more than any of them needs
    for size in (0, 100, 64 * 48 * 3 // 2 - 1):
        short = rtc.VideoFrame(64, 48, kind, b"\0" * min(size, whole))  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"64x48 .* bytes"):
            sample(short, 0.0)


@pytest.mark.parametrize("kind", [VideoBufferType.ABGR, VideoBufferType.I010, 99])
def test_what_livekit_would_end_the_process_at_is_refused(kind: int) -> None:
    with pytest.raises(ValueError, match="type"):
        sample(packed(64, 48, kind, (0,) * 4), 0.0)
