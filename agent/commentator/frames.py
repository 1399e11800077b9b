"""From a LiveKit video frame to a small JPEG and its grey picture; and which frames to sample."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from livekit import rtc
from livekit.rtc._proto import video_frame_pb2 as proto

from agent.commentator.window import SampledFrame

LONG_EDGE = 640
"""Pixels; a larger picture is scaled down to it."""
JPEG_QUALITY = 80
GREY_SIZE = (160, 90)
"""Width and height in pixels of the grey picture, whatever the shape of the source."""

_Image = npt.NDArray[np.uint8]
_PACKED: dict[int, tuple[int, int]] = {
    proto.VideoBufferType.RGBA: (4, cv2.COLOR_RGBA2BGR),
    proto.VideoBufferType.BGRA: (4, cv2.COLOR_BGRA2BGR),
    proto.VideoBufferType.RGB24: (3, cv2.COLOR_RGB2BGR),
}


class FrameError(ValueError):
    """A frame that cannot be read; the text names its size and what is wrong."""


class SampleGrid:
    """Says which frames to take so that ``fps`` of them are taken a second."""

    def __init__(self, fps: float) -> None:
        self._period = 1.0 / fps
        self._last: float | None = None
        self._next = 0.0

    def set_fps(self, fps: float) -> None:
        self._period = 1.0 / fps
        self._last = None

    def due(self, capture_time: float) -> bool:
        """Whether the frame captured at that time (monotonic seconds) is one of the sampled."""
        if self._last is not None and self._last <= capture_time < self._next:
            return False
        restart = self._last is None or not 0 <= capture_time - self._next < self._period
        self._next = (capture_time if restart else self._next) + self._period
        self._last = capture_time
        return True


def sample(frame: rtc.VideoFrame, capture_time: float) -> SampledFrame:
    """Scale once, encode once. ``capture_time`` in monotonic seconds. Raises FrameError."""
    if frame.width < 2 or frame.height < 2:
        raise FrameError(f"a frame of {frame.width}x{frame.height} pixels has no picture")
    try:
        bgr = _packed_to_bgr(frame) if frame.type in _PACKED else _planar_to_bgr(frame)
        grey = cv2.resize(
            cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), GREY_SIZE, interpolation=cv2.INTER_AREA
        )
        done, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    except (cv2.error, ValueError) as error:
        raise FrameError(f"a frame of {frame.width}x{frame.height} is broken: {error}") from error
    if not done:
        raise FrameError(f"a frame of {frame.width}x{frame.height} could not be encoded")
    return SampledFrame(capture_time, jpeg.tobytes(), grey.astype(np.uint8, copy=False))


def scaled_size(width: int, height: int) -> tuple[int, int]:
    """Width and height in pixels after scaling: even, at least 2, at most ``LONG_EDGE``."""
    scale = min(1.0, LONG_EDGE / max(width, height))
    return _even(width * scale), _even(height * scale)


def _even(length: float) -> int:
    return max(2, int(length) & ~1)


def _packed_to_bgr(frame: rtc.VideoFrame) -> _Image:
    channels, code = _PACKED[frame.type]
    pixels = np.frombuffer(frame.data, np.uint8, frame.width * frame.height * channels)
    image = pixels.reshape(frame.height, frame.width, channels)
    small = _resize(image, scaled_size(frame.width, frame.height))
    return cv2.cvtColor(small, code).astype(np.uint8, copy=False)


def _planar_to_bgr(frame: rtc.VideoFrame) -> _Image:
    """I420 is scaled plane by plane: cheaper than scaling BGR, and right for odd sizes."""
    if frame.type != proto.VideoBufferType.I420:
        frame = _converted(frame)
    luma, chroma_u, chroma_v = _planes(frame)
    width, height = scaled_size(frame.width, frame.height)
    half = (width // 2, height // 2)
    parts = [_resize(luma, (width, height)), _resize(chroma_u, half), _resize(chroma_v, half)]
    i420 = np.concatenate([part.ravel() for part in parts]).reshape(height * 3 // 2, width)
    return cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420).astype(np.uint8, copy=False)


def _converted(frame: rtc.VideoFrame) -> rtc.VideoFrame:
    try:
        return frame.convert(proto.VideoBufferType.I420)
    except Exception as error:  # LiveKit raises nothing narrower
        raise FrameError(f"a frame of type {frame.type} cannot be read: {error}") from error


def _planes(frame: rtc.VideoFrame) -> list[_Image]:
    """The Y, U and V planes as views of shape (rows, columns); LiveKit packs them tightly."""
    shapes = [(frame.height, frame.width)] + [((frame.height + 1) // 2, (frame.width + 1) // 2)] * 2
    data = np.frombuffer(frame.data, np.uint8)
    planes: list[_Image] = []
    start = 0
    for rows, columns in shapes:
        planes.append(data[start : start + rows * columns].reshape(rows, columns))
        start += rows * columns
    return planes


def _resize(image: _Image, size: tuple[int, int]) -> _Image:
    if (image.shape[1], image.shape[0]) == size:
        return image
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
