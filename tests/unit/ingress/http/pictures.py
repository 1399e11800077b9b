"""JPEG pictures for tests: real ones, each different."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import av
import numpy as np


@cache
def picture(number: int, size: int = 64, quality: int = 3) -> bytes:
    """A JPEG of noise, `size` pixels wide and high; other numbers give other pictures."""
    noise = np.random.default_rng(number).integers(0, 255, (size, size, 3), np.uint8)
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width = encoder.height = size
    encoder.pix_fmt = "yuvj420p"
    encoder.options = {"q:v": str(quality)}
    encoder.framerate = Fraction(25)
    frame = av.VideoFrame.from_ndarray(noise, "rgb24").reformat(format="yuvj420p")
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))


def with_thumbnail(number: int) -> bytes:
    """A picture that holds another one in an EXIF segment."""
    inner = b"Exif\0\0" + picture(1000 + number, 16)
    whole = picture(number)
    return whole[:2] + b"\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner + whole[2:]


def is_decodable(data: bytes) -> bool:
    """Whether a decoder takes it for one whole picture."""
    decoder = av.CodecContext.create("mjpeg", "r")
    return len(decoder.decode(av.Packet(data))) == 1
