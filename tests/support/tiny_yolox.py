"""A network of YOLOX's shape whose answer is written down: a detector without weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from vision.detection import Detection
from vision.names import COCO_NAMES

SIZE = 64
"""Pixels of the square that it takes; boxes are shares of this square."""

_CELL = 8
_ROWS = sum((SIZE // stride) ** 2 for stride in (8, 16, 32))


def rows(found: Sequence[Detection], *, classes: int = len(COCO_NAMES)) -> np.ndarray:
    """What such a network answers for one picture, shape (1, _ROWS, 5 + classes)."""
    answer = np.zeros((1, _ROWS, 5 + classes), np.float32)
    for number, one in enumerate(found):
        left, top, right, bottom = (edge * SIZE for edge in one.box)
        row = answer[0, number]  # of the finest grid, row by row
        row[0] = (left + right) / 2 / _CELL - number % (SIZE // _CELL)
        row[1] = (top + bottom) / 2 / _CELL - number // (SIZE // _CELL)
        row[2:4] = np.log([(right - left) / _CELL, (bottom - top) / _CELL])
        row[4], row[5 + COCO_NAMES.index(one.name)] = 1.0, one.score
    return answer


def write(path: Path, answer: np.ndarray, *, shape: Sequence[int] = (1, 3, SIZE, SIZE)) -> Path:
    """An ONNX file that gives the answer for every picture."""
    graph = helper.make_graph(
        [helper.make_node("Identity", ["answer"], ["output"])],
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, list(shape))],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, list(answer.shape))],
        [numpy_helper.from_array(answer, "answer")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
    return path
