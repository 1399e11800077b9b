"""Encoded pictures on their way to the model."""

from __future__ import annotations

import numpy as np
import pytest

from models.engine import Picture, RefusedError
from models.runtime.frames import SIDE, Frames, decoded, target_size
from tests.minicpmo.pictures import encoded


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_picture_is_rgb(suffix: str) -> None:
    rgb = decoded(encoded(suffix=suffix)).rgb
    assert rgb.dtype == np.uint8
    assert rgb.flags.c_contiguous
    height, width = rgb.shape[:2]
    assert np.allclose(rgb[height // 2, width // 4], (200, 0, 0), atol=12)
    assert np.allclose(rgb[height // 2, -width // 4], (0, 0, 90), atol=12)


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ((1280, 720), (336, 602, 3)),
        ((720, 1280), (602, 336, 3)),
        ((4000, 3000), (392, 518, 3)),
        ((320, 180), (180, 320, 3)),
        ((1, 1), (1, 1, 3)),
    ],
)
def test_a_picture_is_as_large_as_the_model_sees(
    size: tuple[int, int], shape: tuple[int, int, int]
) -> None:
    assert decoded(encoded(*size)).rgb.shape == shape


def test_a_size_that_was_reached_stays() -> None:
    for width in range(100, 4000, 170):
        for height in (100, 480, 1080, 2160):
            if max(width, height) <= 20 * min(width, height):
                reached = target_size(width, height)
                assert reached[0] * reached[1] < 1.2 * SIDE * SIDE
                again = target_size(*reached)
                assert max(abs(a - b) for a, b in zip(again, reached, strict=True)) <= 14


def test_what_is_kept_has_a_bound() -> None:
    size = decoded(encoded()).rgb.nbytes
    frames = Frames(limit=3 * size)
    shown = [encoded(red=red) for red in (50, 100, 150, 200)]
    (oldest, *others) = frames.decode(shown)
    assert frames.kept_bytes == 3 * size
    assert list(frames.decode(shown[1:])) == others
    (again,) = frames.decode(shown[:1])
    assert again is not oldest
    assert (again.rgb == oldest.rgb).all()
    first, second = frames.decode([encoded(red=50), encoded(red=60)])
    assert list(frames.decode([encoded(red=60), encoded(red=50)])) == [second, first]
    list(frames.decode([encoded(4000, 3000)]))
    assert frames.kept_bytes <= 3 * size


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (encoded().data[:300], "cannot be decoded"),
        (b"GIF89a" + bytes(40), "neither JPEG nor PNG"),
        (encoded(1000, 20).data, "a picture of 1000x20 is too narrow: at most 1:20"),
    ],
)
def test_what_is_no_picture(data: bytes, said: str) -> None:
    param = "messages[0].content[3].image_url.url"
    with pytest.raises(RefusedError, match=said) as raised:
        list(Frames().decode([encoded(), Picture(data, 0.0, param)]))
    assert raised.value.param == param
