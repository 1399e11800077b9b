"""From an I420 picture to a small JPEG, a grey picture and what is in it; which ones to sample."""

from __future__ import annotations

import logging
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from livekit.plugins.pressbox.commentator.window import SampledFrame

from vision.detection import Detection
from vision.detector import Detector, DetectorError

logger = logging.getLogger(__name__)

LONG_EDGE = 640
"""Pixels; a larger picture is scaled down to it."""
JPEG_QUALITY = 80
GREY_SIZE = (160, 90)
"""Width and height in pixels of the grey picture, whatever the shape of the source."""

DETECTOR_FPS = 2.0
"""Pictures a second that the detector looks at, at most: it takes 12 ms for one."""

I420 = npt.NDArray[np.uint8]
"""Shape (height * 3 / 2, width), both even: the Y plane above the packed U and V planes."""
_Bgr = npt.NDArray[np.uint8]


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


class FrameEncoder:
    """Scales, encodes and looks. Blocks: one worker thread at a time calls `sample`."""

    def __init__(self, weights: Path | None = None) -> None:
        """``weights``: of the detector (`vision.weights.find`); None: it never looks."""
        cv2.setNumThreads(1)  # one picture is not worth all cores, which other rooms need
        self._weights = weights
        self._detector: Detector | None = None
        self._grid = SampleGrid(DETECTOR_FPS)

    def sample(self, i420: I420, capture_time: float) -> SampledFrame:
        """Like the function ``sample``, with detections DETECTOR_FPS times a second at most."""
        bgr = _picture(i420)
        return _sampled(bgr, capture_time, self._detections(bgr, capture_time))

    def _detections(self, bgr: _Bgr, capture_time: float) -> tuple[Detection, ...] | None:
        if self._weights is None or not self._grid.due(capture_time):
            return None
        try:
            self._detector = self._detector or Detector(self._weights)
            return self._detector.detect(bgr)
        except DetectorError as error:
            logger.warning("nothing is named from now on: %s", error)
            self._weights = self._detector = None
            return None


def sample(i420: I420, capture_time: float) -> SampledFrame:
    """Scale once, encode once. ``capture_time`` in monotonic seconds. Raises ValueError for what
    is no picture.
    """
    return _sampled(_picture(i420), capture_time, None)


def _picture(i420: I420) -> _Bgr:
    try:
        return _scaled_to_bgr(i420)
    except (cv2.error, ValueError, IndexError, ZeroDivisionError) as error:
        raise ValueError(f"a picture of shape {i420.shape} is broken: {error}") from error


def _sampled(
    bgr: _Bgr, capture_time: float, detections: tuple[Detection, ...] | None
) -> SampledFrame:
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, GREY_SIZE, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return SampledFrame(capture_time, jpeg.tobytes(), small, detections)


def scaled_size(width: int, height: int) -> tuple[int, int]:
    """Width and height in pixels after scaling: even, at least 2, at most ``LONG_EDGE``."""
    scale = min(1.0, LONG_EDGE / max(width, height))
    return _even(width * scale), _even(height * scale)


def _even(length: float) -> int:
    return max(2, int(length) & ~1)


def _scaled_to_bgr(i420: I420) -> _Bgr:
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
