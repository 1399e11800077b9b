"""The last picture of a lost source, marked."""

from __future__ import annotations

import numpy as np
import pytest

from agent.picture.lost_picture import mark
from agent.picture.picture import Plane

TEXT = ("No picture from the camera", "since 14:03:07")
SIZES = [(160, 120), (320, 180), (640, 480), (1280, 720), (1920, 1080), (720, 1280), (180, 320)]
TEXT_IS = 130
"""Brightness that text has here, and the picture under it has not."""


def picture(width: int, height: int) -> Plane:
    """Bright and coloured: dark on the left, with a sharp pattern on the right."""
    planes = np.full((height * 3 // 2, width), 200, np.uint8)
    planes[:height, : width // 2] = 60
    planes[:height:2, width * 3 // 4 :: 2] = 0
    planes[height:] = 60
    return planes


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_is_dim_with_text_in_the_middle(width: int, height: int) -> None:
    before = picture(width, height)
    marked = mark(before, *TEXT)
    assert marked.shape == before.shape
    assert marked.dtype == np.uint8
    assert (before == picture(width, height)).all(), "the picture itself stays as it is"
    text = marked[:height] > TEXT_IS
    columns, rows = np.flatnonzero(text.any(axis=0)), np.flatnonzero(text.any(axis=1))
    assert abs((columns[0] + columns[-1]) / 2 - width / 2) < width * 0.05
    assert abs((rows[0] + rows[-1]) / 2 - height / 2) < height * 0.08
    assert width * 0.3 < columns[-1] - columns[0] < width * 0.95
    assert (np.diff(rows) > 1).any(), "two rows"


@pytest.mark.parametrize(("width", "height"), [(2, 2), (16, 16), (4096, 2), (2, 2160), (64, 4096)])
def test_sizes_that_no_text_fits_into_do_no_harm(width: int, height: int) -> None:
    assert mark(picture(width, height), *TEXT).shape == (height * 3 // 2, width)
