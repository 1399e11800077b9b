"""The fan of pictures: who shares an encode, and who waits for whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import cv2
import numpy as np
import pytest

from tests.support.scripted_feed import picture
from web.pictures import MOST_SIZES, Jpeg, Pictures, Size, TooManySizesError

WHOLE = Size()


@pytest.fixture
async def pictures() -> AsyncIterator[Pictures]:
    made = Pictures()
    yield made
    await made.aclose()


def shape(found: Jpeg | None) -> tuple[int, int]:
    assert found is not None
    read = cv2.imdecode(np.frombuffer(found.data, np.uint8), cv2.IMREAD_COLOR)
    assert read is not None
    height, width = read.shape[:2]
    return height, width


async def test_fifty_viewers_share_one_encode_of_each_picture(pictures: Pictures) -> None:
    for _ in range(50):
        pictures.enter(WHOLE)
    last = 0
    for number in range(1, 6):
        waiting = [asyncio.create_task(pictures.next(WHOLE, last)) for _ in range(50)]
        await asyncio.sleep(0)
        pictures.push(picture(number), captured=float(number))
        found = {id(one): one for one in await asyncio.gather(*waiting)}
        (shown,) = found.values()
        assert shown is not None
        assert (shown.number, shown.captured) == (number, number)
        last = shown.number
    assert pictures.count == 5


async def test_a_picture_keeps_its_shape_and_is_never_made_larger(pictures: Pictures) -> None:
    pictures.push(picture(width=64, height=48), 0.0)
    assert shape(await pictures.next(Size(32, 480))) == (24, 32)
    assert shape(await pictures.next(Size(640, 16))) == (16, 21)
    assert shape(await pictures.next(Size(640, 480))) == (48, 64)


async def test_a_broken_picture_is_left_out(pictures: Pictures) -> None:
    pictures.push(np.zeros((5, 3), np.uint8), 1.0)
    waiting = asyncio.create_task(pictures.next(WHOLE))
    while not pictures.count:
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    assert pictures.count == 1, "it was tried again and again"
    pictures.push(picture(), 2.0)
    found = await waiting
    assert found is not None
    assert found.captured == 2


async def test_sizes_are_bounded_and_the_refusal_names_those_that_can_be_had() -> None:
    wanted: list[bool] = []
    pictures = Pictures(wanted.append)
    sizes = [Size(100 + number) for number in range(MOST_SIZES)]
    for size in sizes:
        pictures.enter(size)
        pictures.enter(size)
    with pytest.raises(TooManySizesError, match="100x0 q80"):
        pictures.enter(Size(99))
    assert pictures.viewers == 2 * MOST_SIZES
    for size in sizes:
        pictures.leave(size)
        pictures.leave(size)
    assert (pictures.viewers, wanted) == (0, [True, False])
    pictures.enter(Size(99))
    assert wanted == [True, False, True]
