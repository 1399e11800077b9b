from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support import burnt_clock


def noise(width: int, height: int) -> NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 255, (height, width), dtype=np.uint8)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (636, 360), (320, 240)])
def test_what_is_burnt_survives_strong_compression(width: int, height: int) -> None:
    luma = np.asarray(cv2.GaussianBlur(noise(width, height), (9, 9), 0), np.uint8)
    burnt_clock.burn(luma, 123_456, 98_765.4321)
    _, jpeg = cv2.imencode(".jpg", luma, [cv2.IMWRITE_JPEG_QUALITY, 12])
    seen = cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE)
    found = burnt_clock.read(np.asarray(seen, np.uint8))
    assert found == burnt_clock.Burnt(123_456, 98_765.432)


def test_a_picture_without_it_says_nothing() -> None:
    assert burnt_clock.read(noise(1280, 720)) is None
    assert burnt_clock.read(np.zeros((720, 1280), np.uint8)) is None
    assert burnt_clock.read(np.zeros((10, 40), np.uint8)) is None


def test_age_is_right_over_the_end_of_the_clock() -> None:
    luma = noise(640, 360)
    now = 3 * burnt_clock.CLOCK_SPAN - 0.5
    burnt_clock.burn(luma, 2**24 + 5, now)
    found = burnt_clock.read(luma)
    assert found is not None
    assert found.counter == 5
    assert burnt_clock.age(found, now + 2) == pytest.approx(2, abs=0.001)
