"""From an I420 picture to a small JPEG and a grey picture; which ones to sample. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .window import SampledFrame

LONG_EDGE = 640
"""Pixels; a larger picture is scaled down to it."""
JPEG_QUALITY = 80
GREY_SIZE = (160, 90)
"""Width and height in pixels of the grey picture, whatever the shape of the source."""

I420 = npt.NDArray[np.uint8]
"""Shape (height * 3 / 2, width), both even: the Y plane above the packed U and V planes."""
Bgr = npt.NDArray[np.uint8]


class SampleGrid:
    """Says which frames to take so that ``fps`` of them are taken a second."""

    def __init__(self, fps: float) -> None:
        self._period = 1.0 / fps
        self._last: float | None = None
        self._next = 0.0

    def due(self, capture_time: float) -> bool:
        """Whether the frame captured at that time (monotonic seconds) is one of the sampled."""
        if self._last is not None and self._last <= capture_time < self._next:
            return False
        restart = self._last is None or not 0 <= capture_time - self._next < self._period
        self._next = (capture_time if restart else self._next) + self._period
        self._last = capture_time
        return True


def sample(
    i420: I420,
    capture_time: float,
    detect: Callable[[Bgr], tuple[Any, ...] | None] = lambda _: None,
) -> SampledFrame:
    """Scale once, encode once. ``capture_time`` in monotonic seconds; ``detect(bgr)`` says what is
    in the scaled picture, None where it did not look. Raises ValueError for what is no picture.
    """
    try:
        bgr = _scaled_to_bgr(i420)
    except (cv2.error, ValueError, IndexError, ZeroDivisionError) as error:
        raise ValueError(f"a picture of shape {i420.shape} is broken: {error}") from error
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, GREY_SIZE, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return SampledFrame(capture_time, jpeg.tobytes(), small, detect(bgr))


def scaled_size(width: int, height: int) -> tuple[int, int]:
    """Width and height in pixels after scaling: even, at least 2, at most ``LONG_EDGE``."""
    scale = min(1.0, LONG_EDGE / max(width, height))
    return _even(width * scale), _even(height * scale)


def _even(length: float) -> int:
    return max(2, int(length) & ~1)


def _scaled_to_bgr(i420: I420) -> Bgr:
    """Scaled plane by plane: cheaper than scaling BGR."""
    height, width = i420.shape[0] * 2 // 3, i420.shape[1]
    luma = i420[:height]
    chroma = i420[height:].reshape(2, height // 2, width // 2)
    wide, high = scaled_size(width, height)
    parts = [_resize(luma, (wide, high)), *(_resize(c, (wide // 2, high // 2)) for c in chroma)]
    small = np.concatenate([part.ravel() for part in parts]).reshape(high * 3 // 2, wide)
    return cv2.cvtColor(small, cv2.COLOR_YUV2BGR_I420).astype(np.uint8, copy=False)


def _resize(plane: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    if (plane.shape[1], plane.shape[0]) == size:
        return plane
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
