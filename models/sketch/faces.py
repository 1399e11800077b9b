"""Faces and people, found by the detectors that OpenCV ships."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from models.sketch.pictures import Image

Box = tuple[float, float, float, float]
"""Left, top, right, bottom; 0 to 1 of the picture."""

_PERSON_HEIGHT = 128
_PERSON_SCORE = 0.9
_LEAST_NEIGHBOURS = 6


class Detector:
    """One thread's detectors; OpenCV's classifiers are not to be shared between threads."""

    def __init__(self) -> None:
        folder = Path(cv2.__file__).parent / "data"
        self._faces = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_alt2.xml"))
        self._people = cv2.HOGDescriptor()
        self._people.setSVMDetector(np.asarray(cv2.HOGDescriptor.getDefaultPeopleDetector()))

    def faces(self, image: Image) -> list[Box]:
        """Frontal faces, largest first."""
        grey = cv2.equalizeHist(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
        height, width = grey.shape
        found = self._faces.detectMultiScale(
            grey, scaleFactor=1.2, minNeighbors=_LEAST_NEIGHBOURS, minSize=(30, 30)
        )
        boxes = [
            (left / width, top / height, (left + wide) / width, (top + high) / height)
            for left, top, wide, high in np.asarray(found).reshape(-1, 4).tolist()
        ]
        return sorted(boxes, key=lambda box: box[0] - box[2])

    def is_person(self, image: Image, box: Box) -> bool:
        """Whether the upright thing in ``box`` has the outline of a whole person.

        The box is scaled to the size that the detector knows (Dalal and Triggs: 64x128 pixels with
        16 pixels around the person), so that one scale is enough.
        """
        height, width = image.shape[:2]
        high = (box[3] - box[1]) * height
        wide = (box[2] - box[0]) * width
        if high < 40 or not 1.3 < high / max(wide, 1) < 4.5:
            return False
        scale = (_PERSON_HEIGHT - 32) / high
        padded = cv2.copyMakeBorder(image, 80, 80, 80, 80, cv2.BORDER_REPLICATE)
        margin = round(20 / scale)
        middle = (box[0] + box[2]) / 2 * width + 80
        top, bottom = box[1] * height + 80 - margin, box[3] * height + 80 + margin
        half = (bottom - top) * 0.36
        crop = padded[
            max(0, round(top)) : round(bottom), max(0, round(middle - half)) : round(middle + half)
        ]
        crop = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        if crop.shape[0] < 128 or crop.shape[1] < 64:
            return False
        _, scores = self._people.detectMultiScale(
            crop, hitThreshold=0.0, winStride=(4, 4), padding=(0, 0), scale=1.06
        )
        return bool(len(scores)) and float(np.max(scores)) > _PERSON_SCORE
