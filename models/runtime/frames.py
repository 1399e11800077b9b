"""Encoded pictures as the model takes them; each is decoded once, since windows overlap."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from models.engine import Picture, RefusedError
from models.images import image_size
from models.runtime.bounded_cache import BoundedCache
from models.runtime.parts import Frame

SIDE = 448
"""The model sees each picture on an area of this many pixels squared, whatever its shape."""
PATCH = 14
"""Its sides are whole numbers of patches of this many pixels."""
CACHE_BYTES = 64 * 1024 * 1024
MAX_RATIO = 20
"""Of the sides of a picture; a stripe has nothing to show and breaks the model's raster."""

_REDUCED = {
    8: cv2.IMREAD_REDUCED_COLOR_8,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    2: cv2.IMREAD_REDUCED_COLOR_2,
}


class Frames:
    """Decodes pictures. Used from one thread."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        """At most ``limit`` bytes of decoded pictures are kept."""
        self._decoded: BoundedCache[Frame] = BoundedCache(limit)

    def decode(self, pictures: Sequence[Picture]) -> Iterator[Frame]:
        """The pictures one by one, so that one may stop in between.

        Each is uint8 (H, W, 3) RGB with an area of at most about SIDE * SIDE; the same bytes give
        the same object again.

        Raises:
            RefusedError: A picture cannot be decoded, or is a stripe.
        """
        return (self._frame(picture) for picture in pictures)

    def _frame(self, picture: Picture) -> Frame:
        key = hashlib.sha256(picture.data).digest()
        frame = self._decoded.get(key)
        if frame is None:
            frame = decoded(picture)
            self._decoded.put(key, frame, frame.rgb.nbytes)
        return frame


def decoded(picture: Picture) -> Frame:
    """One picture. Raises RefusedError."""
    size = image_size(picture.data)
    if size is None:
        raise RefusedError("the picture is neither JPEG nor PNG", picture.param)
    width, height = size
    if max(size) > MAX_RATIO * min(size):
        raise RefusedError(
            f"a picture of {width}x{height} is too narrow: at most 1:{MAX_RATIO}", picture.param
        )
    pixels = np.frombuffer(picture.data, dtype=np.uint8)
    image = cv2.imdecode(pixels, _way_to_read(width * height))
    if image is None:
        raise RefusedError("the picture cannot be decoded", picture.param)
    rows, columns = image.shape[:2]
    target = target_size(columns, rows)
    if target != (columns, rows):
        image = cv2.resize(image, target, interpolation=cv2.INTER_AREA)
    return Frame(np.ascontiguousarray(image[:, :, ::-1], dtype=np.uint8))


def target_size(width: int, height: int) -> tuple[int, int]:
    """The size that the model would bring a picture to; a smaller one is left as it is."""
    if width * height <= SIDE * SIDE:
        return width, height
    across = SIDE * math.sqrt(width / height)
    return _whole_patches(across), _whole_patches(SIDE * SIDE / across)


def _whole_patches(length: float) -> int:
    return max(1, round(length / PATCH)) * PATCH


def _way_to_read(area: int) -> int:
    """A JPEG decoder that shrinks while it decodes saves most of the cost of a large picture."""
    for factor, flag in _REDUCED.items():
        if area / factor**2 >= 2 * SIDE * SIDE:
            return flag
    return cv2.IMREAD_COLOR
