"""Encoded pictures on their way to the model."""

from __future__ import annotations

import numpy as np
import pytest

from models.engine import Picture, RefusedError
from models.runtime.frames import Frames, decoded
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


def test_a_picture_is_decoded_once() -> None:
    first, second = Frames().decode([encoded(red=50), encoded(red=60)])
    frames = Frames(limit=first.rgb.nbytes)
    (one, again) = frames.decode([encoded(red=50)] * 2)
    assert one is again
    assert (one.rgb == first.rgb).all()
    (other,) = frames.decode([encoded(red=60)])
    assert (other.rgb == second.rgb).all()
    assert next(frames.decode([encoded(red=50)])) is not one, "what is kept has a bound"


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
