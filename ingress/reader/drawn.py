"""Sources that are drawn here: the demo film, and the test pattern."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import av

from config.source_address import SourceAddress, test_pattern
from demo.pattern import Pattern, Planes
from ingress.reader.source import Contents, Piece


class Drawn:
    """A `Source` whose pictures come at a steady rate; one that is late is left out."""

    def __init__(self, contents: Contents, draw: Callable[[float], Planes]) -> None:
        """draw: the picture so many seconds after the beginning, I420, (height * 3 / 2, width)."""
        self.contents = contents
        self._draw = draw

    def pieces(self) -> Iterator[Piece]:
        """Pictures, each when it is due."""
        fps, begin, number = self.contents.fps, time.monotonic(), 0
        while True:
            due = begin + number / fps
            time.sleep(max(due - time.monotonic(), 0))
            planes = self._draw(due - begin)
            yield Piece(due, frame=av.VideoFrame.from_numpy_buffer(planes, format="yuv420p"))
            number = max(number + 1, int((time.monotonic() - begin) * fps))

    def close(self) -> None:
        """Nothing is held."""


def open_drawn(address: SourceAddress) -> Drawn:
    """The demo film, or the pattern in the size and at the rate that the address says."""
    if address.kind == "test":
        width, height, fps = test_pattern(address)
        pattern = Pattern(width, height)
        contents = Contents("test", width=pattern.width, height=pattern.height, fps=max(fps, 1))
        return Drawn(contents, pattern.draw)
    from demo.backdrops import HEIGHT, WIDTH  # it needs OpenCV, which takes long to load
    from demo.film import FPS, planes

    return Drawn(Contents("demo", width=WIDTH, height=HEIGHT, fps=FPS), planes)
