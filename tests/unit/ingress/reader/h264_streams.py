"""H.264 as encoders make it, and parameter sets as they could be written."""

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
    pix_fmt: str = "yuv420p",
    frames: int = 12,
    gop: int = 6,
    b_frames: int = 0,
    sar: Fraction | None = None,
    global_header: bool = False,
) -> tuple[list[bytes], bytes]:
    """Packets of libx264 in decoding order, and its extradata."""
    context = VideoCodecContext.create("libx264", "w")
    context.width, context.height = size
    context.pix_fmt = pix_fmt
    context.time_base = Fraction(1, 25)
    context.framerate = Fraction(25, 1)
    context.gop_size = gop
    context.max_b_frames = b_frames
    context.thread_count = 1
    if sar:
        context.sample_aspect_ratio = sar
    if global_header:
        context.flags |= 1 << 22
    context.options = {"preset": "veryfast", "sc_threshold": "0", **(options or {})}
    packets: list[bytes] = []
    for number in range(frames):
        luma = np.full((size[1], size[0], 3), 20 * (number % 10), np.uint8)
        luma[: size[1] // 2, : 10 * (number + 1)] = 200
        frame = av.VideoFrame.from_ndarray(luma, format="rgb24").reformat(format=pix_fmt)
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


class BitWriter:
    """Writes numbers as parameter sets hold them."""

    def __init__(self) -> None:
        self._bits = ""

    def u(self, count: int, value: int) -> BitWriter:
        """An unsigned number of so many bits."""
        self._bits += f"{value:0{count}b}" if count else ""
        return self

    def ue(self, *values: int) -> BitWriter:
        """Exp-Golomb numbers."""
        for value in values:
            bits = f"{value + 1:b}"
            self._bits += "0" * (len(bits) - 1) + bits
        return self

    def payload(self) -> bytes:
        """With the stop bit and emulation prevention."""
        bits = self._bits + "1"
        bits += "0" * (-len(bits) % 8)
        escaped = bytearray()
        zeros = 0
        for byte in int(bits, 2).to_bytes(len(bits) // 8):
            if zeros >= 2 and byte <= 3:
                escaped.append(3)
                zeros = 0
            escaped.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return bytes(escaped)


def written_sps(number: int = 0) -> bytes:
    """The beginning of a sequence parameter set."""
    return bytes([0x67, 66, 0, 31]) + BitWriter().ue(number, 0, 2, 1).payload()


def written_pps(number: int = 0, sps: int = 0) -> bytes:
    """The beginning of a picture parameter set."""
    return b"\x68" + BitWriter().ue(number, sps).u(2, 0).ue(0, 0, 0).payload()


def written_slice(kind: int = 7, *, idr: bool = False, pps: int = 0, fill: int = 40) -> bytes:
    """The head of a slice (kind: 5 P, 6 B, 7 I) and something behind it."""
    head = BitWriter().ue(0, kind, pps).payload()
    return (b"\x65" if idr else b"\x41") + head + b"\xa5" * fill
