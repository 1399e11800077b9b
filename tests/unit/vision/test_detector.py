"""Pictures of any shape in, boxes in the right place out; and files that are no detector."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.support import tiny_yolox
from vision.detection import Box, Detection
from vision.detector import Detector, DetectorError

SHARED = Path(__file__).resolve().parents[4] / "shared"
WEIGHTS = SHARED / "models" / "yolox_nano.onnx"


def person(box: Box, score: float = 0.9) -> Detection:
    return Detection("person", score, box)


def detector(folder: Path, *found: Detection) -> Detector:
    return Detector(tiny_yolox.write(folder / "tiny.onnx", tiny_yolox.rows(found)))


def grey(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), 90, np.uint8)


@pytest.mark.parametrize(
    ("height", "width", "box"),
    [(100, 200, (0.25, 0.2, 0.75, 0.8)), (200, 100, (0.5, 0.1, 1, 0.4)), (100, 900, None)],
)
def test_boxes_are_shares_of_the_picture_and_none_lies_in_the_grey_beside_it(
    height: int, width: int, box: Box | None, tmp_path: Path
) -> None:
    made = detector(tmp_path, person((0.25, 0.12 if box is None else 0.1, 0.75, 0.4)))
    found = [one.box for one in made.detect(grey(height, width))]
    assert found == ([pytest.approx(box)] if box else [])


def test_of_boxes_that_overlap_the_surest_of_each_name_is_told(tmp_path: Path) -> None:
    made = detector(
        tmp_path,
        person((0.1, 0.1, 0.5, 0.9), 0.6),
        person((0.1, 0.12, 0.5, 0.9), 0.9),
        Detection("dog", 0.7, (0.1, 0.1, 0.5, 0.9)),
        person((0.6, 0.1, 0.9, 0.9), 0.4),
        person((0.6, 0.1, 0.9, 0.9), 0.1),
    )
    told = [(one.name, round(one.score, 2)) for one in made.detect(grey(64, 64))]
    assert told == [("person", 0.9), ("dog", 0.7), ("person", 0.4)]


NO_DETECTORS: dict[str, Callable[[Path], object]] = {
    "garbage": lambda path: path.write_bytes(bytes(range(256)) * 40),
    "empty": Path.touch,
    "folder": Path.mkdir,
    "absent": Path.exists,
    "other classes": lambda path: tiny_yolox.write(path, np.zeros((1, 84, 5 + 3), np.float32)),
    "other input": lambda path: tiny_yolox.write(path, tiny_yolox.rows([]), shape=(1, 80, 3000)),
    "no rows": lambda path: tiny_yolox.write(path, np.full((), 3, np.float32)),
}


@pytest.mark.parametrize("what", NO_DETECTORS)
def test_a_file_that_is_no_detector(what: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.onnx"
    NO_DETECTORS[what](path)
    with pytest.raises(DetectorError) as caught:
        Detector(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_real_picture() -> None:
    film = SHARED / "media" / "people.mp4"
    if not WEIGHTS.is_file() or not film.is_file():
        pytest.skip("no weights or no footage beside the checkout")
    capture = cv2.VideoCapture(str(film))
    capture.set(cv2.CAP_PROP_POS_MSEC, 12_000)
    there, picture = capture.read()
    assert there
    made = Detector(WEIGHTS)
    for height, width in ((432, 768), (360, 640), (1080, 1920)):
        resized = cv2.resize(picture, (width, height)).astype(np.uint8)
        sure = [one for one in made.detect(resized) if one.score > 0.8]
        assert [one.name for one in sure] == ["person"]
        assert sure[0].box == pytest.approx((0.5, 0.03, 0.68, 0.94), abs=0.03)
