"""How a decoded picture is to look: upright, of square pixels, and of a size that WebRTC takes."""

from __future__ import annotations

import math
import struct
from collections import deque
from fractions import Fraction

from av import VideoFrame
from av.filter import Graph
from av.sidedata.sidedata import SideData, SideDataContainer
from av.video.format import VideoFormat
from av.video.reformatter import VideoReformatter

LONGEST_SIDE = 1280
"""Pixels; larger pictures are scaled down, which the encoder of a small machine needs."""

SHORTEST_SIDE = 16
"""Pixels; smaller pictures are scaled up, since encoders refuse them."""

_SMALL = VideoReformatter()

Orientation = tuple[bool, int]
"""How a picture is to be laid: mirrored left to right, and then turned by degrees clockwise."""

UPRIGHT: Orientation = (False, 0)

_TURNS: dict[int, tuple[tuple[str, str], ...]] = {
    0: (),
    90: (("transpose", "dir=clock"),),
    180: (("hflip", ""), ("vflip", "")),
    270: (("transpose", "dir=cclock"),),
}

_FIELDS = (("bwdif", "mode=send_frame:deint=interlaced"),)


def size_for(width: int, height: int, aspect: float) -> tuple[int, int]:
    """Even sides in pixels of a picture whose pixels are `aspect` times as wide as high."""
    across = width * (aspect if aspect > 0 else 1.0)
    scale = min(1.0, LONGEST_SIDE / max(across, height))
    return _even(across * scale), _even(height * scale)


def orientation(frame: VideoFrame) -> Orientation:
    """What the container or the stream says of how the picture was taken, as phones write it."""
    # Not frame.side_data: the picture would hold itself, and hundreds of them wait to be collected.
    matrix = SideDataContainer(frame).get("DISPLAYMATRIX")  # type: ignore[call-arg]
    if not isinstance(matrix, SideData):
        return UPRIGHT
    a, b, _, c, d = struct.unpack_from("=5i", bytes(matrix))
    mirrored = a * d - b * c < 0
    angle = math.degrees(math.atan2(-b, -a) if mirrored else math.atan2(b, a))
    return mirrored, round(angle / 90) * 90 % 360


class Shaper:
    """Makes yuv420p pictures that are upright; keeps what it needs for pictures of one kind."""

    def __init__(self, turn: int = 0, *, mirror: bool = False) -> None:
        """turn: degrees clockwise, by which somebody wants all pictures turned, and then mirrored
        left to right.
        """
        self._turn, self._mirror = turn, mirror
        self._scaler = VideoReformatter()
        self._made_for: tuple[int, int, Orientation] = (0, 0, UPRIGHT)
        self._graph: Graph | None = None

    def shape(self, frame: VideoFrame, aspect: float) -> VideoFrame:
        """The picture as it is to be shown; its time is lost. Raises av.FFmpegError."""
        width, height = size_for(frame.width, frame.height, aspect)
        shaped = frame
        if (frame.width, frame.height, frame.format.name) != (width, height, "yuv420p"):
            # Not frame.reformat: that makes a scaler, with threads of its own, for every picture.
            # To the half and less, the mean of all pixels is as good as theirs, and quicker.
            how = "AREA" if 2 * width <= frame.width else "BILINEAR"
            shaped = self._scaler.reformat(
                frame, width, height, "yuv420p", interpolation=how, threads=1
            )
        mirrored, angle = orientation(frame)
        angle += self._turn
        if self._mirror:  # mirroring behind a turn is turning the other way behind mirroring
            mirrored, angle = not mirrored, -angle
        return self._laid(shaped, (mirrored, angle % 360))

    def _laid(self, frame: VideoFrame, to: Orientation) -> VideoFrame:
        if to == UPRIGHT:
            return frame
        kind = (frame.width, frame.height, to)
        if self._graph is None or self._made_for != kind:
            flip = (("hflip", ""),) if to[0] else ()
            self._graph, self._made_for = _graph(frame, flip + _TURNS[to[1]]), kind
        frame.pts = None
        return _through(self._graph, frame) or frame


class Deinterlacer:
    """Makes whole pictures of fields. It keeps one back, and only where fields have been seen."""

    def __init__(self) -> None:
        self._made_for: tuple[int, int, str] = (0, 0, "")
        self._graph: Graph | None = None
        self._times: deque[float | None] = deque(maxlen=2)

    def take(self, frame: VideoFrame, pts: float | None) -> tuple[VideoFrame | None, float | None]:
        """The picture before this one with its time, or this one. Raises av.FFmpegError."""
        kind = (frame.width, frame.height, frame.format.name)
        if frame.interlaced_frame and self._made_for != kind:
            self._graph, self._made_for = _graph(frame, _FIELDS), kind
            self._times.clear()
        if self._graph is None or self._made_for != kind:
            return frame, pts
        self._times.append(pts)
        frame.pts = None
        whole = _through(self._graph, frame)
        return (whole, self._times[0]) if whole else (None, None)


def small_luma(frame: VideoFrame, width: int, height: int) -> bytes:
    """The picture in grey and small, row by row."""
    small = _SMALL.reformat(frame, width, height, "gray", interpolation="AREA", threads=1)
    plane = small.planes[0]
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


def _through(graph: Graph, frame: VideoFrame) -> VideoFrame | None:
    graph.push(frame)
    try:
        made = graph.pull()
    except BlockingIOError:
        return None  # it waits for the next one
    return made if isinstance(made, VideoFrame) else None


def _graph(frame: VideoFrame, filters: tuple[tuple[str, str], ...]) -> Graph:
    graph = Graph()
    last = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=VideoFormat(frame.format.name, frame.width, frame.height),
        time_base=Fraction(1, 1000),
    )
    for name, arguments in filters:
        made = graph.add(name, arguments) if arguments else graph.add(name)
        last.link_to(made)
        last = made
    last.link_to(graph.add("buffersink"))
    graph.configure()
    return graph


def _even(length: float) -> int:
    return max(round(length / 2) * 2, SHORTEST_SIDE)
