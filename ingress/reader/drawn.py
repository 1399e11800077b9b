"""Sources that are drawn here: the demo film, and the test pattern."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import av

from config.source_address import SourceAddress, test_pattern
from demo.backdrops import HEIGHT, WIDTH
from demo.film import FPS, frame
from demo.pattern import Pattern
from ingress.reader.source import Contents, Piece


class Drawn:
    """A `Source` whose pictures come at a steady rate; one that is late is left out."""

    def __init__(self, contents: Contents, draw: Callable[[float], av.VideoFrame]) -> None:
        """draw: the picture so many seconds after the beginning, I420."""
        self.contents = contents
        self._draw = draw

    def pieces(self) -> Iterator[Piece]:
        """Pictures, each when it is due."""
        fps, begin, number = self.contents.fps, time.monotonic(), 0
        while True:
            due = begin + number / fps
            time.sleep(max(due - time.monotonic(), 0))
            yield Piece(due, frame=self._draw(due - begin))
            number = max(number + 1, int((time.monotonic() - begin) * fps))

    def close(self) -> None:
        """Nothing is held."""


def open_drawn(address: SourceAddress) -> Drawn:
    """The demo film, or the pattern in the size and at the rate that the address says."""
    if address.kind == "test":
        width, height, fps = test_pattern(address)
        pattern = Pattern(width, height)
        contents = Contents("test", width=pattern.width, height=pattern.height, fps=max(fps, 1))
        return Drawn(contents, lambda t: _as_it_is(pattern.draw(t), "yuv420p"))
    return Drawn(Contents("demo", width=WIDTH, height=HEIGHT, fps=FPS), _film)


def _film(t: float) -> av.VideoFrame:
    return _as_it_is(frame(t), "bgr24").reformat(format="yuv420p", threads=1)


_as_it_is = av.VideoFrame.from_numpy_buffer
