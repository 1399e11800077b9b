"""Pictures with real motion, for cameras of tests and benches."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, cycle, islice
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from demo.film import FPS, frame

SHARED = Path(__file__).resolve().parents[3] / "shared"
MEDIA, WEIGHTS = SHARED / "media", SHARED / "models" / "yolox_nano.onnx"
"""Films of intel-iot-devkit/sample-videos, and the detector; not part of this project."""

PEOPLE = MEDIA / "people.mp4"

KEPT = 120
"""Pictures of a film in memory; shown forwards, then backwards, so that there is no cut."""

Planes = NDArray[np.uint8]


def footage(film: str, width: int, height: int) -> Iterator[Planes]:
    """I420 planes, (height * 3 / 2, width) uint8, without end, each one to be drawn upon.

    film: a video file, shorter ones being shown again; or "demo", the project's own scene.
    """
    pictures = cycle(_file(film)) if film != "demo" else _demo()
    kept = [_planes(picture, width, height) for picture in islice(pictures, KEPT)]
    return (planes.copy() for planes in cycle(chain(kept, kept[-2:0:-1])))


def _file(path: str) -> Iterator[NDArray[np.uint8]]:
    with av.open(path) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)


def _demo() -> Iterator[NDArray[np.uint8]]:
    return (frame(number / FPS) for number in range(KEPT))


def _planes(picture: NDArray[np.uint8], width: int, height: int) -> Planes:
    scaled = cv2.resize(picture, (width, height))
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_BGR2YUV_I420), np.uint8)
