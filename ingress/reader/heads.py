"""What the heads of VP8, VP9 and AV1 pictures say: keys, sizes, and what viewers could not decode.

The bodies go through untouched.
"""

from __future__ import annotations

from typing import Protocol

from ingress.reader.h264 import AccessUnit, ParameterSets
from ingress.reader.h264_sps import Bits, DamagedError, Sps

_HEAD = 64
"""Bytes that are looked at."""

_VP8_START = b"\x9d\x01\x2a"
_VP9_SYNC = 0x498342
_RGB = 7
_SEQUENCE, _DELIMITER, _FRAME_HEADER, _FRAME = 1, 2, 3, 6
_CONFIG_HEAD = 4
"""Bytes of an av1C record before its units."""


class Units(Protocol):
    """Makes access units of one stream's packets."""

    @property
    def sps(self) -> Sps | None:
        """Size and kind of the pictures; None while they are not known."""

    def extradata(self, data: bytes) -> None:
        """Takes over what the container says about the codec."""

    def unit(self, data: bytes) -> AccessUnit:
        """One packet as an access unit. Raises DamagedError."""


def units_of(codec: str, extradata: bytes | None) -> Units | None:
    """For a codec by FFmpeg's name; None for one that WebRTC never carries."""
    if codec == "h264":
        return ParameterSets(extradata)
    if codec == "vp8":
        return Vp8()
    if codec == "vp9":
        return Vp9()
    return Av1(extradata) if codec == "av1" else None


class Vp8:
    """`Units` of VP8 (RFC 6386, 9.1)."""

    def __init__(self) -> None:
        self.sps: Sps | None = None

    def extradata(self, data: bytes) -> None:
        """There is none."""

    def unit(self, data: bytes) -> AccessUnit:
        """One packet. Raises DamagedError."""
        if len(data) < 3:
            raise DamagedError("no VP8 picture")
        key = not data[0] & 1
        if key:
            if data[3:6] != _VP8_START or len(data) < 10:
                raise DamagedError("no VP8 key frame")
            width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
            self.sps = _shape(width, height)
        return AccessUnit(data, key, False, True, self.sps)


class Vp9:
    """`Units` of VP9 (its bitstream specification, 6.2)."""

    def __init__(self) -> None:
        self.sps: Sps | None = None

    def extradata(self, data: bytes) -> None:
        """It says nothing that a key frame does not say."""

    def unit(self, data: bytes) -> AccessUnit:
        """One packet. Raises DamagedError."""
        bits = Bits(data[:_HEAD], escaped=False)
        if bits.u(2) != 2:
            raise DamagedError("no VP9 picture")
        profile = bits.u(1) + 2 * bits.u(1)
        if profile == 3:
            bits.u(1)
        key = not bits.flag() and not bits.flag()
        if key:
            bits.u(2)
            self.sps = _vp9_key(bits, profile)
        return AccessUnit(data, key, False, True, self.sps)


class Av1:
    """`Units` of AV1 (its bitstream specification, 5.3 to 5.5)."""

    def __init__(self, extradata: bytes | None = None) -> None:
        self.sps: Sps | None = None
        self._sequence = b""
        self.extradata(extradata or b"")

    def extradata(self, data: bytes) -> None:
        """An av1C record; one that is damaged is passed over."""
        try:
            self._look(data[_CONFIG_HEAD:] if data[:1] == b"\x81" else data)
        except DamagedError:
            return

    def unit(self, data: bytes) -> AccessUnit:
        """One packet. A key frame without its sequence header gets it. Raises DamagedError."""
        told, key, has_frame = self._look(data)
        if key and not told and self._sequence:
            data = self._sequence + data
        return AccessUnit(data, key and bool(self._sequence), False, has_frame, self.sps)

    def _look(self, data: bytes) -> tuple[bool, bool, bool]:
        """Whether a sequence header, a key frame, any frame is in it."""
        told, key, has_frame = False, False, False
        at = 0
        while at < len(data) and not has_frame:
            kind, begin, end = _obu(data, at)
            if kind == _SEQUENCE:
                self.sps = _av1_sequence(data[begin:end])
                self._sequence = data[at:end]
                told = True
            elif kind in (_FRAME_HEADER, _FRAME):
                # show_existing_frame, frame_type; of a key frame all three bits are 0.
                has_frame, key = True, begin < end and data[begin] & 0xE0 == 0
            at = end
        return told, key, has_frame


def _obu(data: bytes, at: int) -> tuple[int, int, int]:
    """Type of the unit at this place, where its payload begins and ends."""
    head = data[at]
    begin = at + (2 if head & 4 else 1)
    if head & 0x80 or not head & 2:
        raise DamagedError("no AV1 unit with its length")
    size = 0
    for number, byte in enumerate(data[begin : begin + 8]):
        size |= (byte & 0x7F) << (7 * number)
        if not byte & 0x80:
            begin += number + 1
            break
    else:
        raise DamagedError("a length that does not end")
    if begin + size > len(data):
        raise DamagedError("an AV1 unit that breaks off")
    return (head >> 3) & 15, begin, begin + size


def _vp9_key(bits: Bits, profile: int) -> Sps:
    if bits.u(24) != _VP9_SYNC:
        raise DamagedError("no VP9 key frame")
    depth = (12 if bits.flag() else 10) if profile >= 2 else 8
    chroma = 1
    if bits.u(3) == _RGB:
        chroma = 3
        bits.u(1 if profile & 1 else 0)
    else:
        bits.u(1)
        if profile & 1:
            chroma = 2 if bits.flag() else 3
            bits.u(2)
    return _shape(bits.u(16) + 1, bits.u(16) + 1, chroma=chroma, depth=depth)


def _av1_sequence(payload: bytes) -> Sps:
    bits = Bits(payload, escaped=False)
    profile = bits.u(3)
    bits.flag()
    reduced = bits.flag()
    if reduced:
        bits.u(5)
    else:
        _av1_operating_points(bits)
    across, up = bits.u(4) + 1, bits.u(4) + 1
    width, height = bits.u(across) + 1, bits.u(up) + 1
    if not reduced and bits.flag():
        bits.u(7)
    bits.u(3)
    if not reduced:
        _av1_tools(bits)
    bits.u(3)
    high = bits.flag()
    depth = (12 if profile == 2 and bits.flag() else 10) if high else 8
    return _shape(width, height, chroma=1 if profile == 0 else 3, depth=depth)


def _av1_operating_points(bits: Bits) -> None:
    delay_bits = 0
    if bits.flag():
        bits.u(64)
        if bits.flag():
            bits.ue()
        if bits.flag():
            delay_bits = bits.u(5) + 1
            bits.u(42)
    display_delay = bits.flag()
    for _ in range(bits.u(5) + 1):
        bits.u(12)
        if bits.u(5) > 7:
            bits.u(1)
        if delay_bits and bits.flag():
            bits.u(2 * delay_bits + 1)
        if display_delay and bits.flag():
            bits.u(4)


def _av1_tools(bits: Bits) -> None:
    bits.u(4)
    order_hint = bits.flag()
    if order_hint:
        bits.u(2)
    if (bits.flag() or bits.flag()) and not bits.flag():  # screen content, integer vectors
        bits.flag()
    if order_hint:
        bits.u(3)


def _shape(width: int, height: int, *, chroma: int = 1, depth: int = 8) -> Sps:
    if not width or not height:
        raise DamagedError("a picture of no size")
    return Sps(0, 0, width, height, False, chroma, depth, None, 1.0, 0.0)
