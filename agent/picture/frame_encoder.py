"""What engines are sent of a picture, and what the detector finds in it."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

import cv2
from livekit.plugins.pressbox.commentator import I420, Bgr, SampledFrame, SampleGrid, sample

from vision.detection import Detection
from vision.detector import Detector, DetectorError

log = logging.getLogger("pressbox.picture")

DETECTOR_FPS = 2.0
"""Pictures a second that the detector looks at, at most: it takes 12 ms for one."""


class FrameEncoder:
    """Scales, encodes and looks. Blocks: one worker thread at a time calls `sample`."""

    def __init__(self, weights: Path | None = None) -> None:
        """`weights`: of the detector (`vision.weights.find`); None: it never looks."""
        cv2.setNumThreads(1)  # one picture is not worth all cores, which other rooms need
        self._weights = weights
        self._detector: Detector | None = None
        self._grid = SampleGrid(DETECTOR_FPS)

    def sample(self, i420: I420, capture_time: float) -> SampledFrame:
        """With detections DETECTOR_FPS times a second at most. Raises ValueError for what is no
        picture.
        """
        return sample(i420, capture_time, partial(self._detections, capture_time))

    def _detections(self, capture_time: float, bgr: Bgr) -> tuple[Detection, ...] | None:
        if self._weights is None or not self._grid.due(capture_time):
            return None
        try:
            self._detector = self._detector or Detector(self._weights)
            return self._detector.detect(bgr)
        except DetectorError as error:
            log.warning("nothing is named from now on: %s", error)
            self._weights = self._detector = None
            return None
