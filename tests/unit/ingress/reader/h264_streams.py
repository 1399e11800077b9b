"""H.264 as encoders make it, and as containers write it."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from ingress.reader.h264 import split_annexb


def encoded(
    options: dict[str, str] | None = None,
    *,
    size: tuple[int, int] = (320, 180),
    frames: int = 12,
    gop: int = 6,
    b_frames: int = 0,
    global_header: bool = False,
) -> tuple[list[bytes], bytes]:
    """Packets of libx264 in decoding order, and its extradata."""
    context = VideoCodecContext.create("libx264", "w")
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, 25)
    context.framerate = Fraction(25, 1)
    context.gop_size = gop
    context.max_b_frames = b_frames
    context.thread_count = 1
    if global_header:
        context.flags |= 1 << 22
    context.options = {"preset": "veryfast", "sc_threshold": "0", **(options or {})}
    packets: list[bytes] = []
    for number in range(frames):
        luma = np.full((size[1], size[0], 3), 20 * (number % 10), np.uint8)
        luma[: size[1] // 2, : 10 * (number + 1)] = 200
        frame = av.VideoFrame.from_ndarray(luma, format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, 25)
        packets += [bytes(packet) for packet in context.encode(frame)]
    packets += [bytes(packet) for packet in context.encode(None)]
    return packets, bytes(context.extradata or b"")


def kinds(data: bytes) -> list[int]:
    """Types of the NAL units."""
    return [unit[0] & 0x1F for unit in split_annexb(data)]


def without(data: bytes, *left_out: int) -> bytes:
    """The packet without the units of these types."""
    kept = [unit for unit in split_annexb(data) if unit[0] & 0x1F not in left_out]
    return b"".join(b"\0\0\0\1" + unit for unit in kept)


def avcc(data: bytes, length_size: int = 4) -> bytes:
    """The packet with lengths in place of start codes."""
    return b"".join(len(unit).to_bytes(length_size) + unit for unit in split_annexb(data))


def avcc_record(extradata: bytes, length_size: int = 4) -> bytes:
    """The avcC record of Annex B extradata."""
    sps = [unit for unit in split_annexb(extradata) if unit[0] & 0x1F == 7]
    pps = [unit for unit in split_annexb(extradata) if unit[0] & 0x1F == 8]
    record = bytes([1, *sps[0][1:4], 0xFC | (length_size - 1), 0xE0 | len(sps)])
    record += b"".join(len(one).to_bytes(2) + one for one in sps)
    return record + bytes([len(pps)]) + b"".join(len(one).to_bytes(2) + one for one in pps)
