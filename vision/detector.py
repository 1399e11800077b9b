"""Names what is in one picture: YOLOX by onnxruntime, on one core. Blocks; for a worker thread."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vision.detection import Detection
from vision.names import COCO_NAMES

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

LEAST_SCORE = 0.25
"""What scores less is not told at all. Only a `vision.tracker.Tracker` says what is surely there: a
car from above is a "cell phone" at 0.9."""
_NMS_IOU = 0.45
_STRIDES = (8, 16, 32)
_LARGEST_LOG = 10.0
_GREY = 114
"""What YOLOX was trained to see beside the picture."""


class DetectorError(Exception):
    """The weights cannot be used, or the picture is none. `str()` is one line."""


class Detector:
    """One set of weights, in memory for as long as it lives."""

    def __init__(self, weights: Path) -> None:
        """Loads an ONNX export of YOLOX with COCO's 80 classes. Raises DetectorError."""
        self._session = _session(weights)
        (given,) = self._session.get_inputs()
        self._input = given.name
        self._size: int = given.shape[-1]
        self._grid = _grid(self._size)
        shape = self._run(np.full((1, 3, self._size, self._size), _GREY, np.float32)).shape
        if shape != (1, len(self._grid), 5 + len(COCO_NAMES)):
            raise DetectorError(f"{weights} answers shape {shape}: it is no YOLOX for COCO")

    def detect(self, bgr: Picture) -> tuple[Detection, ...]:
        """What is in a uint8 BGR picture of shape (height, width, 3), the surest first.

        Raises DetectorError.
        """
        if bgr.ndim != 3 or bgr.shape[2] != 3 or bgr.dtype != np.uint8 or not bgr.size:
            raise DetectorError(
                f"a uint8 picture (height, width, 3) is needed, not {bgr.dtype} {bgr.shape}"
            )
        blob, scale = letterbox(bgr, self._size)
        rows = self._run(blob)[0]
        return _detections(rows, self._grid, (bgr.shape[1] * scale, bgr.shape[0] * scale))

    def _run(self, blob: Floats) -> Floats:
        try:
            (found,) = self._session.run(None, {self._input: blob})
            rows: Floats = np.asarray(found, np.float32)
        except Exception as error:  # onnxruntime's errors have no common class of their own
            raise DetectorError(f"the detector failed: {_one_line(error)}") from error
        return rows


def letterbox(bgr: Picture, size: int) -> tuple[Floats, float]:
    """The picture in the upper left of a grey square, as (1, 3, size, size) float32 BGR 0..255;
    and the scale, pixels of the square by pixels of the picture."""
    height, width = bgr.shape[:2]
    scale = size / max(height, width)
    wide, high = (max(1, min(size, round(edge * scale))) for edge in (width, height))
    square = np.full((size, size, 3), _GREY, np.uint8)
    # As YOLOX's own preprocessing: linear, also downwards
    square[:high, :wide] = cv2.resize(bgr, (wide, high), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(square.transpose(2, 0, 1)[None].astype(np.float32)), scale


def _detections(rows: Floats, grid: Floats, extent: tuple[float, float]) -> tuple[Detection, ...]:
    """From the network's rows; extent is the picture's width and height in the square."""
    classes = rows[:, 5:].argmax(1)
    scores = rows[:, 4] * rows[np.arange(len(rows)), 5 + classes]
    told = np.flatnonzero((scores >= LEAST_SCORE) & np.isfinite(rows[:, :4]).all(1))
    rows, grid, classes, scores = rows[told], grid[told], classes[told], scores[told]
    centres = (rows[:, :2] + grid[:, :2]) * grid[:, 2:]
    sizes = np.exp(np.minimum(rows[:, 2:4], _LARGEST_LOG)) * grid[:, 2:]
    corners = np.concatenate([centres - sizes / 2, sizes], 1)
    kept = cv2.dnn.NMSBoxesBatched(
        corners.tolist(), scores.tolist(), classes.tolist(), LEAST_SCORE, _NMS_IOU
    )
    found = []
    for at in sorted(kept, key=lambda at: -scores[at]):
        left, top, wide, high = corners[at]
        edges = np.array([left, top, left + wide, top + high]) / (*extent, *extent)
        left, top, right, bottom = np.clip(edges, 0, 1).tolist()
        if left < right and top < bottom:  # else it lies in the grey beside the picture
            name, score = COCO_NAMES[classes[at]], float(scores[at])
            found.append(Detection(name, score, (left, top, right, bottom)))
    return tuple(found)


@cache
def _grid(size: int) -> Floats:
    """Column, row and stride of each of the network's rows, shape (rows, 3)."""
    parts = []
    for stride in _STRIDES:
        cells = size // stride
        ys, xs = np.mgrid[:cells, :cells]
        parts.append(np.stack([xs, ys, np.full_like(xs, stride)], -1).reshape(-1, 3))
    return np.concatenate(parts).astype(np.float32)


def _session(weights: Path) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise DetectorError("the detector needs the package onnxruntime") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # 29 MB in all; without the arena 37
    options.log_severity_level = 4  # what is wrong is raised
    try:
        weights.open("rb").close()
        session = onnxruntime.InferenceSession(
            str(weights), options, providers=["CPUExecutionProvider"]
        )
    except OSError as error:
        raise DetectorError(f"{weights} cannot be read: {error.strerror}") from None
    except Exception as error:  # see _run
        raise DetectorError(f"{weights} is no ONNX network: {_one_line(error)}") from None
    _check_input(weights, session)
    return session


def _check_input(weights: Path, session: Any) -> None:
    shapes = [given.shape for given in session.get_inputs()]
    good = len(shapes) == 1 and len(shapes[0]) == 4 and shapes[0][:2] == [1, 3]
    edges = shapes[0][2:] if good else []
    if not good or edges[0] != edges[1] or not isinstance(edges[0], int) or edges[0] % 32:
        raise DetectorError(f"{weights} takes {shapes}, not one square picture: it is no YOLOX")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


if __name__ == "__main__":  # whether weights can be used, for who must not load them itself
    try:
        Detector(Path(sys.argv[1]))
    except DetectorError as error:
        sys.exit(str(error))
