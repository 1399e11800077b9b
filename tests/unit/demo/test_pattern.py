"""The test pattern: what a person reads in it, and what a program can."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from demo import pattern
from demo.pattern import Pattern


def reading(luma: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> str:
    """The clock in the middle of the picture, read by its dots."""
    height, width = luma.shape
    size = min(width * 2 // 3 // (12 * pattern.CELL), height // 12)
    tall, across = 9 * size, (12 * pattern.CELL + 1) * size
    top, left = (height - tall) // 2, (width - across) // 2
    dots = luma[top : top + tall, left : left + across] > 128
    dots = dots[size // 2 :: size, size // 2 :: size]
    rows = {tuple(bits): sign for sign, bits in pattern._DIGITS.items()}
    text = ""
    for number in range(12):
        first = number * pattern.CELL + 1
        sign = dots[1:8, first : first + 5]
        text += rows[tuple(int("".join(map(str, row)), 2) for row in sign.astype(int))]
    return text


def test_the_time_of_day_stands_in_the_middle() -> None:
    for size in ((1280, 720), (320, 180)):
        drawn = Pattern(*size)
        before = datetime.now()
        planes = drawn.draw(0.0)
        after = datetime.now()
        shown = datetime.strptime(reading(planes[: drawn.height]), "%H:%M:%S.%f")
        begin = before.replace(microsecond=before.microsecond // 1000 * 1000)
        if begin.date() == after.date():
            assert begin.time() <= shown.time() <= after.time()


def test_colour_bars_and_a_part_that_moves() -> None:
    drawn = Pattern(320, 180)
    first, later = drawn.draw(0.0), drawn.draw(1.0)
    assert first.shape == (270, 320)
    assert len(set(first[10].tolist())) == 7
    bar = first[170] > 200
    moved = later[170] > 200
    assert bar.sum() == moved.sum() == 8
    assert moved.argmax() - bar.argmax() == (320 - 8) // 4


def test_odd_and_tiny_sizes_are_made_even() -> None:
    assert Pattern(161, 91).draw(0).shape == (135, 160)
    assert Pattern(10, 10).draw(0).shape == (24, 16)
