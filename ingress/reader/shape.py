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
from av.video.plane import VideoPlane
from av.video.reformatter import VideoReformatter

LONGEST_SIDE = 1280
"""Pixels; larger pictures are scaled down, which the encoder of a small machine needs."""

SHORTEST_SIDE = 16
"""Pixels; smaller pictures are scaled up, since encoders refuse them."""

_SMALL = VideoReformatter()

Orientation = tuple[bool, int]
"""How a picture is to be laid: mirrored left to right, and then turned by degrees clockwise."""

UPRIGHT: Orientation = (False, 0)

Filters = tuple[tuple[str, ...], ...]
"""FFmpeg's, by name and arguments."""

_TURNS: dict[int, Filters] = {
    0: (),
    90: (("transpose", "dir=clock"),),
    180: (("hflip",), ("vflip",)),
    270: (("transpose", "dir=cclock"),),
}

_FIELDS = (("bwdif", "mode=send_frame:deint=interlaced"),)


def size_for(width: int, height: int, aspect: float) -> tuple[int, int]:
    """Even sides in pixels of a picture whose pixels are `aspect` times as wide as high."""
    across = width * (aspect if aspect > 0 else 1.0)
    scale = min(1.0, LONGEST_SIDE / max(across, height))
    across, down = (max(round(side * scale / 2) * 2, SHORTEST_SIDE) for side in (across, height))
    return across, down


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
        self._layer = _Filtered()

    def shape(self, frame: VideoFrame, aspect: float) -> VideoFrame:
        """The picture as it is to be shown; its time is lost. Raises av.FFmpegError."""
        width, height = size_for(frame.width, frame.height, aspect)
        mirrored, angle = orientation(frame)
        if (frame.width, frame.height, frame.format.name) != (width, height, "yuv420p"):
            # Not frame.reformat: that makes a scaler, with threads of its own, for every picture.
            # To the half and less, the mean of all pixels is as good as theirs, and quicker.
            how = "AREA" if 2 * width <= frame.width else "BILINEAR"
            frame = self._scaler.reformat(
                frame, width, height, "yuv420p", interpolation=how, threads=1
            )
        angle += self._turn
        if self._mirror:  # mirroring behind a turn is turning the other way behind mirroring
            mirrored, angle = not mirrored, -angle
        filters = ((("hflip",),) if mirrored else ()) + _TURNS[angle % 360]
        return (self._layer.take(frame, filters) or frame) if filters else frame


class Deinterlacer:
    """Makes whole pictures of fields. It keeps one back, and only where fields have been seen."""

    def __init__(self) -> None:
        self._fields = _Filtered()
        self._times: deque[float | None] = deque(maxlen=2)

    def take(self, frame: VideoFrame, pts: float | None) -> tuple[VideoFrame | None, float | None]:
        """The picture before this one with its time, or this one. Raises av.FFmpegError."""
        if not self._fields.fits(frame, _FIELDS):
            if not frame.interlaced_frame:
                return frame, pts
            self._times.clear()
        self._times.append(pts)
        whole = self._fields.take(frame, _FIELDS)
        return (whole, self._times[0]) if whole else (None, None)


class _Filtered:
    """A graph of filters, made anew for pictures of another kind."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._made_for: tuple[object, ...] = ()

    def fits(self, frame: VideoFrame, filters: Filters) -> bool:
        """Whether the graph is made for such pictures."""
        return self._made_for == (frame.width, frame.height, frame.format.name, filters)

    def take(self, frame: VideoFrame, filters: Filters) -> VideoFrame | None:
        """What comes out; None where it waits for the next one. Raises av.FFmpegError."""
        size, name = (frame.width, frame.height), frame.format.name
        if self._graph is None or not self.fits(frame, filters):
            graph = self._graph = Graph()
            base = Fraction(1, 1000)
            first = graph.add_buffer(None, *size, VideoFormat(name, *size), time_base=base)
            nodes = (first, *(graph.add(*one) for one in filters), graph.add("buffersink"))
            graph.link_nodes(*nodes).configure()
            self._made_for = (*size, name, filters)
        frame.pts = None
        self._graph.push(frame)
        try:
            made = self._graph.pull()
        except BlockingIOError:
            return None
        return made if isinstance(made, VideoFrame) else None


def small_luma(frame: VideoFrame, width: int, height: int) -> bytes:
    """The picture in grey and small, row by row."""
    small = _SMALL.reformat(frame, width, height, "gray", interpolation="AREA", threads=1)
    return _tight(small.planes[0])


def i420(frame: VideoFrame) -> bytes:
    """The planes of a yuv420p picture without the padding of their rows."""
    return b"".join(map(_tight, frame.planes))


def _tight(plane: VideoPlane) -> bytes:
    data, line, width = memoryview(plane), plane.line_size, plane.width
    if line == width:
        return bytes(data[: line * plane.height])
    rows = range(0, line * plane.height, line)
    return b"".join(data[row : row + width] for row in rows)
