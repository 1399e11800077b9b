"""The test pattern: what a person reads in it, and what a program can."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from config.source_address import parse
from ingress.reader import generators
from ingress.reader.generators import TestPattern as Pattern


def reading(luma: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> str:
    """The clock in the middle of the picture, read by its dots."""
    height, width = luma.shape
    size = min(width * 2 // 3 // (12 * generators.CELL), height // 12)
    tall, across = 9 * size, (12 * generators.CELL + 1) * size
    top, left = (height - tall) // 2, (width - across) // 2
    dots = luma[top : top + tall, left : left + across] > 128
    dots = dots[size // 2 :: size, size // 2 :: size]
    rows = {tuple(bits): sign for sign, bits in generators._DIGITS.items()}
    text = ""
    for number in range(12):
        first = number * generators.CELL + 1
        sign = dots[1:8, first : first + 5]
        text += rows[tuple(int("".join(map(str, row)), 2) for row in sign.astype(int))]
    return text


def test_the_time_of_day_stands_in_the_middle() -> None:
    for address in ("test", "test:320x180@10"):
        pattern = Pattern(parse(address))
        before = datetime.now()
        planes = pattern.draw(0.0)
        after = datetime.now()
        shown = datetime.strptime(reading(planes[: pattern.contents.height]), "%H:%M:%S.%f")
        begin = before.replace(microsecond=before.microsecond // 1000 * 1000)
        if begin.date() == after.date():
            assert begin.time() <= shown.time() <= after.time()


def test_colour_bars_and_a_part_that_moves() -> None:
    pattern = Pattern(parse("test:320x180@10"))
    first, later = pattern.draw(0.0), pattern.draw(1.0)
    assert first.shape == (270, 320)
    assert len(set(first[10].tolist())) == 7
    bar = first[170] > 200
    moved = later[170] > 200
    assert bar.sum() == moved.sum() == 8
    assert moved.argmax() - bar.argmax() == (320 - 8) // 4


def test_odd_and_tiny_sizes_are_made_even() -> None:
    contents = Pattern(parse("test:161x91@5")).contents
    assert (contents.width, contents.height, contents.fps) == (160, 90, 5)
    assert Pattern(parse("test:10x10@1")).draw(0).shape == (24, 16)
