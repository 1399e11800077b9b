"""Sources that are drawn here: the demo film, and a test pattern with a clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import av
import numpy as np
from numpy.typing import NDArray

from config.source_address import SourceAddress, test_pattern
from ingress.reader.media import Contents, Piece

Planes = NDArray[np.uint8]

_BARS = (  # 75 % colour bars as Y, U, V (BT.601): grey, yellow, cyan, green, magenta, red, blue
    *((180, 128, 128), (162, 44, 142), (131, 156, 44), (112, 72, 58)),
    *((84, 184, 198), (65, 100, 212), (35, 212, 114)),
)
_BLACK, _WHITE = 16, 235

_DIGITS = {
    "0": (14, 17, 19, 21, 25, 17, 14),
    "1": (4, 12, 4, 4, 4, 4, 14),
    "2": (14, 17, 1, 2, 4, 8, 31),
    "3": (31, 2, 4, 2, 1, 17, 14),
    "4": (2, 6, 10, 18, 31, 2, 2),
    "5": (31, 16, 30, 1, 1, 17, 14),
    "6": (6, 8, 16, 30, 17, 17, 14),
    "7": (31, 1, 2, 4, 8, 8, 8),
    "8": (14, 17, 17, 14, 17, 17, 14),
    "9": (14, 17, 17, 15, 1, 2, 12),
    ":": (0, 4, 4, 0, 4, 4, 0),
    ".": (0, 0, 0, 0, 0, 12, 12),
}
"""Five columns by seven rows, a row as a number whose highest of five bits is the left pixel."""

CELL = 6
"""Columns that one sign takes."""

TURN = 4.0
"""Seconds in which the moving part crosses the picture."""


class _Drawn:
    """A `Source` whose pictures come at a steady rate; one that is late is left out."""

    def __init__(self, codec: str, width: int, height: int, fps: float) -> None:
        self.contents = Contents(codec, width=width, height=height, fps=fps)

    def pieces(self) -> Iterator[Piece]:
        """Pictures, each when it is due."""
        begin = time.monotonic()
        number = 0
        while True:
            due = begin + number / self.contents.fps
            time.sleep(max(due - time.monotonic(), 0))
            planes = self.draw(due - begin)
            yield Piece(due, frame=av.VideoFrame.from_numpy_buffer(planes, format="yuv420p"))
            number = max(number + 1, int((time.monotonic() - begin) * self.contents.fps))

    def draw(self, seconds: float) -> Planes:
        """The picture so long after the beginning: I420, (height * 3 / 2, width) uint8."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is held."""


class DemoFilm(_Drawn):
    """The demo scene."""

    def __init__(self) -> None:
        from ingress import demo_scene  # it needs OpenCV, which takes long to load
        from ingress.demo_backdrops import HEIGHT, WIDTH

        self._scene = demo_scene
        super().__init__("demo", WIDTH, HEIGHT, demo_scene.FPS)

    def draw(self, seconds: float) -> Planes:
        """As in `_Drawn`."""
        import cv2

        planes = cv2.cvtColor(self._scene.frame(seconds), cv2.COLOR_BGR2YUV_I420)
        return np.asarray(planes, np.uint8)


class TestPattern(_Drawn):
    """Colour bars, the time of day, and a white bar that moves."""

    __test__ = False  # for pytest, which takes the name for that of a test

    def __init__(self, address: SourceAddress) -> None:
        width, height, fps = test_pattern(address)
        super().__init__("test", max(width & ~1, 16), max(height & ~1, 16), max(fps, 1))
        self._still = _bars(self.contents.width, self.contents.height)

    def draw(self, seconds: float) -> Planes:
        """As in `_Drawn`."""
        planes = self._still.copy()
        height, width = self.contents.height, self.contents.width
        luma = planes[:height]
        bar = max(width // 40, 2)
        at = int(seconds % TURN / TURN * (width - bar))
        luma[height * 7 // 8 :, at : at + bar] = _WHITE
        now = datetime.now()
        _write(luma, f"{now:%H:%M:%S}.{now.microsecond // 1000:03d}")
        return planes


def _bars(width: int, height: int) -> Planes:
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    luma, chroma = planes[:height], planes[height:].reshape(2, height // 2, width // 2)
    shown = height * 7 // 8
    for number, (y, u, v) in enumerate(_BARS):
        left, right = (width * one // len(_BARS) for one in (number, number + 1))
        luma[:shown, left:right] = y
        chroma[0, : shown // 2, left // 2 : right // 2] = u
        chroma[1, : shown // 2, left // 2 : right // 2] = v
    luma[shown:] = _BLACK
    return planes


def _write(luma: Planes, text: str) -> None:
    """White on black in the middle, as large as fits into two thirds of the width."""
    height, width = luma.shape
    size = max(min(width * 2 // 3 // (len(text) * CELL), height // 12), 1)
    signs = np.zeros((9, len(text) * CELL + 1), bool)
    for number, sign in enumerate(text):
        for row, bits in enumerate(_DIGITS[sign]):
            for column in range(5):
                signs[row + 1, number * CELL + 1 + column] = bits >> (4 - column) & 1
    picture = np.where(signs, _WHITE, _BLACK).astype(np.uint8)
    large = picture.repeat(size, axis=0).repeat(size, axis=1)[:height, :width]
    top, left = (height - large.shape[0]) // 2, (width - large.shape[1]) // 2
    luma[top : top + large.shape[0], left : left + large.shape[1]] = large
