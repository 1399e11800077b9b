"""How a decoded picture is to look: upright, of square pixels, and of a size that WebRTC takes."""

from __future__ import annotations

from fractions import Fraction

from av import VideoFrame
from av.filter import Graph
from av.video.format import VideoFormat

LONGEST_SIDE = 1280
"""Pixels; larger pictures are scaled down, which the encoder of a small machine needs."""

SHORTEST_SIDE = 16
"""Pixels; smaller pictures are scaled up, since encoders refuse them."""

_TURNS: dict[int, tuple[tuple[str, str], ...]] = {
    90: (("transpose", "dir=cclock"),),
    180: (("hflip", ""), ("vflip", "")),
    270: (("transpose", "dir=clock"),),
}
"""Filters for a rotation in degrees counterclockwise, as FFmpeg counts it."""


def size_for(width: int, height: int, aspect: float) -> tuple[int, int]:
    """Even sides in pixels of a picture whose pixels are `aspect` times as wide as high."""
    across = width * (aspect if aspect > 0 else 1.0)
    scale = min(1.0, LONGEST_SIDE / max(across, height))
    return _even(across * scale), _even(height * scale)


class Shaper:
    """Makes yuv420p pictures that are upright; keeps what it needs for pictures of one kind."""

    def __init__(self) -> None:
        self._made_for: tuple[int, int, int] = (0, 0, 0)
        self._graph: Graph | None = None

    def shape(self, frame: VideoFrame, aspect: float) -> VideoFrame:
        """The picture as it is to be shown; its time is lost. Raises av.FFmpegError."""
        width, height = size_for(frame.width, frame.height, aspect)
        turn = round(frame.rotation / 90) * 90 % 360
        shaped = frame
        if (frame.width, frame.height, frame.format.name) != (width, height, "yuv420p"):
            shaped = frame.reformat(
                width=width, height=height, format="yuv420p", interpolation="BILINEAR"
            )
        return self._turned(shaped, turn) if turn in _TURNS else shaped

    def _turned(self, frame: VideoFrame, turn: int) -> VideoFrame:
        kind = (frame.width, frame.height, turn)
        if self._graph is None or self._made_for != kind:
            self._graph, self._made_for = _graph(*kind), kind
        frame.pts, frame.time_base = 0, Fraction(1, 1000)
        self._graph.push(frame)
        turned = self._graph.pull()
        if not isinstance(turned, VideoFrame):
            raise TypeError("a filter of pictures gave something else")
        return turned


def small_luma(frame: VideoFrame, width: int, height: int) -> bytes:
    """The picture in grey and small, row by row."""
    plane = frame.reformat(width=width, height=height, format="gray", interpolation="AREA").planes[
        0
    ]
    data, line = bytes(plane), plane.line_size
    return b"".join(data[row * line : row * line + width] for row in range(height))


def i420(frame: VideoFrame) -> bytes:
    """The planes of a yuv420p picture without the padding of their rows."""
    parts = []
    for plane in frame.planes:
        data, line = memoryview(plane), plane.line_size
        if line == plane.width:
            parts.append(bytes(data[: line * plane.height]))
        else:
            rows = range(0, line * plane.height, line)
            parts.append(b"".join(data[row : row + plane.width] for row in rows))
    return b"".join(parts)


def _graph(width: int, height: int, turn: int) -> Graph:
    graph = Graph()
    last = graph.add_buffer(
        width=width,
        height=height,
        format=VideoFormat("yuv420p", width, height),
        time_base=Fraction(1, 1000),
    )
    for name, arguments in _TURNS[turn]:
        made = graph.add(name, arguments) if arguments else graph.add(name)
        last.link_to(made)
        last = made
    last.link_to(graph.add("buffersink"))
    graph.configure()
    return graph


def _even(length: float) -> int:
    return max(round(length / 2) * 2, SHORTEST_SIDE)
