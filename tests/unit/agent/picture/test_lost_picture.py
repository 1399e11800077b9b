"""The last picture of a lost source, marked."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from agent.picture.lost_picture import BLACK, GREY, mark
from agent.picture.picture import Plane

TEXT = ("NO SIGNAL", "gate", "since 14:03:07")
SIZES = [(160, 120), (320, 180), (640, 480), (1280, 720), (1920, 1080), (720, 1280), (64, 36)]


def picture(width: int, height: int) -> Plane:
    """Bright and coloured, with a structure."""
    planes = np.full((height * 3 // 2, width), 200, np.uint8)
    planes[:height, : width // 2] = 120
    planes[height:] = 60
    return planes


def rows_of_text(luma: Plane) -> int:
    """How many rows of white there are, one below another."""
    white = (luma > 150).any(axis=1)
    return int(np.count_nonzero(np.diff(white.astype(np.int8)) == 1))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_is_dark_grey_with_the_text_in_the_middle(width: int, height: int) -> None:
    before = picture(width, height)
    marked = mark(before, *TEXT)
    assert marked.shape == before.shape
    assert marked.dtype == np.uint8
    assert (marked[height:] == GREY).all()
    assert np.median(marked[:height]) < 90 < np.median(before[:height])
    assert (before == picture(width, height)).all(), "the picture itself stays as it is"
    columns = np.flatnonzero((marked[:height] > 150).any(axis=0))
    assert columns[0] > 0
    assert columns[-1] < width - 1
    assert abs((columns[0] + columns[-1]) / 2 - width / 2) < width * 0.05, "in the middle"
    assert columns[-1] - columns[0] > width * 0.2


def test_the_picture_can_still_be_made_out() -> None:
    marked = mark(picture(640, 360), *TEXT)
    assert marked[10, 600] > marked[10, 10] + 15


def test_a_small_or_upright_picture_has_three_rows() -> None:
    assert rows_of_text(mark(picture(1280, 720), *TEXT)[:720]) == 1
    for width, height in ((160, 120), (720, 1280)):
        assert rows_of_text(mark(picture(width, height), *TEXT)[:height]) >= 3


@pytest.mark.parametrize(("width", "height"), [(160, 120), (1920, 1080)])
def test_letters_are_large_enough_to_read(width: int, height: int) -> None:
    luma = mark(np.full((height * 3 // 2, width), BLACK, np.uint8), "I", "I", "I")[:height]
    _, _, boxes, _ = cv2.connectedComponentsWithStats((luma > 150).astype(np.uint8))
    tallest = max(box[cv2.CC_STAT_HEIGHT] for box in boxes[1:])
    assert tallest >= max(8, height * 0.03)


def test_a_long_name_is_cut_and_a_foreign_one_is_written_as_far_as_possible() -> None:
    luma = mark(picture(320, 180), "NO SIGNAL", "a-very-long-name" * 20, "since 14:03:07")[:180]
    assert (luma[:, :5] < 150).all()
    plain = mark(picture(320, 180), "NO SIGNAL", "Kuche ?", "x")
    assert (mark(picture(320, 180), "NO SIGNAL", "Küche 門", "x") == plain).all()


@pytest.mark.parametrize(("width", "height"), [(2, 2), (16, 16), (4096, 2), (2, 2160), (64, 4096)])
def test_sizes_that_no_text_fits_into_do_no_harm(width: int, height: int) -> None:
    marked = mark(picture(width, height), *TEXT)
    assert marked.shape == (height * 3 // 2, width)
