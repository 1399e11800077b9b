"""A camera as a process: real motion with a burnt-in clock, as H.264 to one RTSP path or several.

    python -m tests.bench.source_camera rtsp://… [rtsp://…] [--footage FILE] [--width 1280] …

It encodes once, whatever the number of paths: what is measured is what reads them. A key frame each
second, no B-frames, no delay. Ends when a path does not take it any more.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from fractions import Fraction
from typing import Any

import av
import cv2
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from tests.support import burnt_clock
from tests.support.footage import footage

CLOCK = 90_000
BITRATE = 2_500_000


class Paths:
    """RTSP and RTMP addresses that are published to; every packet goes to all of them."""

    def __init__(self, urls: Sequence[str], *, width: int, height: int, fps: int) -> None:
        self._stack = ExitStack()
        self._outputs: list[tuple[OutputContainer, VideoStream]] = []
        self._fps = fps
        for url in urls:
            kind, options = "flv", {"flvflags": "no_duration_filesize"}
            if url.startswith("rtsp"):
                kind, options = "rtsp", {"rtsp_transport": "tcp"}
            opened = av.open(url, "w", format=kind, options=options)
            container = self._stack.enter_context(opened)
            if self._outputs:
                stream = container.add_stream_from_template(self._outputs[0][1])
            else:
                stream = container.add_stream("libx264", rate=fps)
                self._set_up(stream, width, height)
            self._outputs.append((container, stream))
            container.start_encoding()
        self.encoder = self._outputs[0][1].codec_context

    def send(self, packet: Packet[Any]) -> None:
        """To every path. Raises av.FFmpegError or OSError where one is gone."""
        data = bytes(packet)
        for container, stream in self._outputs:
            copy = Packet(data)
            copy.pts, copy.dts, copy.time_base = packet.pts, packet.dts, packet.time_base
            copy.is_keyframe = packet.is_keyframe
            copy.stream = stream
            container.mux(copy)

    def _set_up(self, stream: VideoStream, width: int, height: int) -> None:
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, "yuv420p"
        context.time_base, context.framerate = Fraction(1, CLOCK), Fraction(self._fps)
        context.bit_rate = BITRATE
        context.gop_size, context.max_b_frames, context.thread_count = self._fps, 0, 1
        context.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "maxrate": str(BITRATE),
            "bufsize": str(BITRATE // 4),
        }


def main() -> int:
    """Sends until it is killed or cannot."""
    parser = argparse.ArgumentParser()
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--footage", default="demo", help="a video file, or: demo")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--fps", type=int, default=30)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    av.logging.set_level(av.logging.ERROR)
    size = {"width": options.width, "height": options.height}
    pictures = footage(options.footage, **size)
    paths = Paths(options.urls, **size, fps=options.fps)
    begun = time.monotonic()
    for number, planes in enumerate(pictures):
        time.sleep(max(0.0, begun + number / options.fps - time.monotonic()))
        moment = time.monotonic()
        burnt_clock.burn(planes[: options.height], number, moment)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = round((moment - begun) * CLOCK), Fraction(1, CLOCK)
        for packet in paths.encoder.encode(frame):
            paths.send(packet)
    return 0


if __name__ == "__main__":
    sys.exit(main())
