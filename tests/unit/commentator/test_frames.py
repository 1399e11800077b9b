from __future__ import annotations

import logging
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from livekit.plugins.pressbox.commentator.frames import sample, scaled_size

from agent.picture.frame_encoder import FrameEncoder
from tests.support import tiny_yolox
from vision.detection import Detection

from .pictures import i420


def decoded(jpeg: bytes) -> npt.NDArray[np.uint8]:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, np.uint8)


@pytest.mark.parametrize("size", [(64, 48), (2, 2), (1280, 720), (718, 1282)])
def test_a_picture_of_any_size_keeps_its_colour(size: tuple[int, int]) -> None:
    made = sample(i420(*size, y=82, u=90, v=240), 7.5)
    image = decoded(made.jpeg)
    assert made.capture_time == 7.5
    assert (image.shape[1], image.shape[0]) == scaled_size(*size)
    blue, green, red = image.reshape(-1, 3).mean(axis=0)
    assert red > 230
    assert blue < 25
    assert green < 25
    assert made.grey.shape == (90, 160)
    assert made.grey.mean() == pytest.approx(76, abs=4)


def test_the_detector_looks_twice_a_second(tmp_path: Path) -> None:
    person = Detection("person", 0.9, (0.0, 0.0, 0.5, 0.5))
    encoder = FrameEncoder(tiny_yolox.write(tmp_path / "tiny.onnx", tiny_yolox.rows([person])))
    times = [number / 10 for number in range(40)]
    frames = [encoder.sample(i420(), time) for time in times]
    assert [one.capture_time for one in frames] == times
    looked = [one for one in frames if one.detections is not None]
    assert [one.capture_time for one in looked] == [number / 2 for number in range(8)]
    assert {found.name for one in looked for found in one.detections or ()} == {"person"}
    plain = sample(i420(), 0.0)
    assert plain.detections is None
    assert plain.jpeg == frames[0].jpeg


def test_a_detector_that_fails_is_told_once_and_the_pictures_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    encoder = FrameEncoder(broken)
    with caplog.at_level(logging.WARNING):
        frames = [encoder.sample(i420(), float(number)) for number in range(4)]
    assert [one.detections for one in frames] == [None] * 4
    assert len(caplog.records) == 1
    assert str(broken) in caplog.text
