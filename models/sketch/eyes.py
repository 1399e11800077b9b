"""Finds named things in pictures that come without any."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np

from models.engine import NamedObject, Picture
from vision.detection import Detection
from vision.detector import Detector, DetectorError
from vision.tracker import Tracker
from vision.weights import find

MAX_KEPT = 64
"""Pictures whose detections are kept: windows overlap."""


class Eyes:
    """Belongs to one thread. ``setting`` is DETECTOR's."""

    def __init__(self, setting: str = "off") -> None:
        self._setting = setting
        self._detector: Detector | None = None
        self._found = lru_cache(MAX_KEPT)(self._detect)

    def open(self) -> None:
        """Loads the detector, where its weights are there by now. Raises DetectorError."""
        weights = None if self._detector else find(self._setting)
        if weights is not None:
            self._detector = Detector(weights)

    def named(self, pictures: Sequence[Picture]) -> tuple[Picture, ...]:
        """The pictures with what is in them, where the client has not told it of any."""
        if any(picture.objects is not None for picture in pictures):
            return tuple(pictures)
        with suppress(DetectorError):
            self.open()
        if self._detector is None:
            return tuple(pictures)
        tracker = Tracker()
        result = []
        for picture in pictures:
            tracked = tracker.update(picture.time, self._found(picture.data))
            objects = tuple(NamedObject(one.id, one.name, one.box) for one in tracked)
            result.append(replace(picture, objects=objects))
        return tuple(result)

    def _detect(self, data: bytes) -> tuple[Detection, ...]:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        with suppress(DetectorError):
            if self._detector is not None and image is not None:
                return self._detector.detect(np.asarray(image))
        return ()
