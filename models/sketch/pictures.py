"""Encoded pictures as small arrays."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from models.engine import Picture, RefusedError
from models.images import image_size

Image = NDArray[np.uint8]
"""(height, width, 3) BGR, or (height, width) for one channel."""
Mask = NDArray[np.bool_]

WIDTH = 320
"""Pixels; what is measured needs no more. The height follows the newest picture's shape."""
_HEIGHTS = (80, 640)


def decode(pictures: Sequence[Picture]) -> list[Image]:
    """The pictures as (height, WIDTH, 3) uint8 BGR, all of the newest one's shape.

    Raises:
        RefusedError: A picture cannot be decoded.
    """
    images = [_decoded(picture) for picture in pictures]
    if not images:
        return []
    height, width = images[-1].shape[:2]
    rows = min(max(round(height * WIDTH / width), _HEIGHTS[0]), _HEIGHTS[1])
    return [
        as_image(cv2.resize(image, (WIDTH, rows), interpolation=cv2.INTER_AREA)) for image in images
    ]


def _decoded(picture: Picture) -> Image:
    size = image_size(picture.data)
    # A JPEG decoder that halves while it decodes saves most of the cost.
    how = cv2.IMREAD_REDUCED_COLOR_2 if size and size[0] >= 2 * WIDTH else cv2.IMREAD_COLOR
    image = cv2.imdecode(np.frombuffer(picture.data, dtype=np.uint8), how)
    if image is None:
        raise RefusedError("the picture cannot be decoded", picture.param)
    return as_image(image)


def as_image(array: object) -> Image:
    """OpenCV's result under its exact type."""
    return np.asarray(array, dtype=np.uint8)
