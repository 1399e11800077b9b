"""A counter and a clock written into the picture itself, so that no metadata has to be believed.

Two rows of 32 black or white blocks at the top left, each as wide as 1/40 of the picture: frame
counter (24 bits), milliseconds of the monotonic clock (32 bits), CRC-8 of both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROWS, COLUMNS = 2, 32
BLOCKS_ACROSS = 40
BLACK, WHITE = 16, 235
COUNTER_BITS, CLOCK_BITS = 24, 32
CLOCK_SPAN: float = 2.0**CLOCK_BITS / 1000
"""Seconds after which the clock in the picture begins again."""


@dataclass(frozen=True, slots=True)
class Burnt:
    """What a picture says: its number, and when it was drawn in seconds, modulo CLOCK_SPAN."""

    counter: int
    time: float


def burn(luma: NDArray[np.uint8], counter: int, time: float) -> None:
    """Writes counter and time (monotonic s) into a luma plane (h, w) uint8, in place."""
    payload = _payload(counter % 2**COUNTER_BITS, round(time * 1000) % 2**CLOCK_BITS)
    bits = np.unpackbits(np.frombuffer(payload, np.uint8)).reshape(ROWS, COLUMNS)
    size = _block(luma)
    blocks = np.where(bits, WHITE, BLACK).astype(np.uint8)
    luma[: ROWS * size, : COLUMNS * size] = blocks.repeat(size, axis=0).repeat(size, axis=1)


def read(luma: NDArray[np.uint8]) -> Burnt | None:
    """What was burnt into this luma plane (h, w) uint8, or None where nothing whole can be read."""
    size = _block(luma)
    if luma.shape[0] < ROWS * size or luma.shape[1] < COLUMNS * size or size < 4:
        return None
    blocks = luma[: ROWS * size, : COLUMNS * size].reshape(ROWS, size, COLUMNS, size)
    margin = size // 4
    inner = blocks[:, margin : size - margin, :, margin : size - margin]
    bits = inner.mean(axis=(1, 3)) > (BLACK + WHITE) / 2
    data = np.packbits(bits).tobytes()
    counter, milliseconds = int.from_bytes(data[:3]), int.from_bytes(data[3:7])
    if _payload(counter, milliseconds) != data:
        return None
    return Burnt(counter, milliseconds / 1000)


def age(burnt: Burnt, now: float) -> float:
    """Seconds from the drawing of the picture to `now` (monotonic s)."""
    return (now - burnt.time + CLOCK_SPAN / 2) % CLOCK_SPAN - CLOCK_SPAN / 2


def _block(luma: NDArray[np.uint8]) -> int:
    return int(luma.shape[1]) // BLOCKS_ACROSS


def _payload(counter: int, milliseconds: int) -> bytes:
    data = counter.to_bytes(3) + milliseconds.to_bytes(4)
    return data + bytes([_crc8(data)])


def _crc8(data: bytes) -> int:
    crc = 0x5A  # not zero, so that an all black picture is no valid one
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1) ^ (0x107 if crc & 0x80 else 0)
    return crc & 0xFF
