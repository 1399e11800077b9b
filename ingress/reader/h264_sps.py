"""Reads an H.264 sequence parameter set (ITU-T H.264, 7.3.2.1 and annex E)."""

from __future__ import annotations

from dataclasses import dataclass

BASELINE, MAIN, HIGH = 66, 77, 100
_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_SAR = (
    *((0, 1), (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11)),
    *((80, 33), (18, 11), (15, 11), (64, 33), (160, 99), (4, 3), (3, 2), (2, 1)),
)
_OWN_SAR = 255
_LARGEST_SIDE = 16384


class DamagedError(ValueError):
    """This is no H.264 that can be read. `str()` is one line."""


@dataclass(frozen=True, slots=True)
class Sps:
    """What a sequence parameter set says.

    profile and level as `profile_idc` and `level_idc`; width and height in pixels, cropped;
    interlaced: it may hold fields; chroma: 0 grey, 1 4:2:0, 2 4:2:2, 3 4:4:4; bit_depth: the
    larger of luma's and chroma's; reorder_frames: pictures that may have to wait for a later one,
    None where it is not said; sar: shape of a pixel, width by height, 1.0 where it is not said;
    fps: 0 where it is not said.
    """

    profile: int
    level: int
    width: int
    height: int
    interlaced: bool
    chroma: int
    bit_depth: int
    reorder_frames: int | None
    sar: float
    fps: float


@dataclass(frozen=True, slots=True)
class _Vui:
    sar: float = 1.0
    fps: float = 0.0
    reorder_frames: int | None = None


class Bits:
    """Reads numbers bit by bit. escaped: emulation prevention is in the data, and is taken out."""

    def __init__(self, data: bytes, *, escaped: bool = True) -> None:
        if escaped and b"\0\0\3" in data:
            data = data.replace(b"\0\0\3", b"\0\0")
        self._bits = bin(int.from_bytes(b"\1" + data))[3:]
        self._at = 0

    def u(self, count: int) -> int:
        """An unsigned number of so many bits. Raises DamagedError at the end."""
        begin, self._at = self._at, self._at + count
        if self._at > len(self._bits):
            raise DamagedError("it ends too early")
        return int(self._bits[begin : self._at], 2) if count else 0

    def flag(self) -> bool:
        """One bit."""
        return self.u(1) == 1

    def ue(self, *, limit: int = 2**32 - 2) -> int:
        """An Exp-Golomb number. Raises DamagedError at the end and above `limit`."""
        one = self._bits.find("1", self._at, self._at + 33)
        if one < 0:
            raise DamagedError("a number that does not end")
        zeros, self._at = one - self._at, one
        value = self.u(zeros + 1) - 1
        if value > limit:
            raise DamagedError(f"{value} where at most {limit} can be")
        return value

    def se(self) -> int:
        """A signed Exp-Golomb number."""
        value = self.ue()
        return (value + 1) // 2 if value % 2 else -(value // 2)


def parse_sps(unit: bytes) -> Sps:
    """What this NAL unit of type 7 says. Raises DamagedError.

    A part on usability (VUI) that breaks off counts as not there: cameras write such.
    """
    if len(unit) < 5 or unit[0] & 0x1F != 7:
        raise DamagedError("no sequence parameter set")
    profile, level = unit[1], unit[3]
    bits = Bits(unit[4:])
    bits.ue(limit=31)
    chroma, bit_depth = _chroma(bits) if profile in _WITH_CHROMA else (1, 8)
    bits.ue(limit=12)
    _order_of_pictures(bits)
    bits.ue(limit=16)
    bits.flag()
    across, up = bits.ue(limit=1023) + 1, bits.ue(limit=1023) + 1
    frames_only = bits.flag()
    fields = 1 if frames_only else 2
    if not frames_only:
        bits.flag()
    bits.flag()
    left, right, top, bottom = (bits.ue() for _ in range(4)) if bits.flag() else (0, 0, 0, 0)
    unit_x = 2 if chroma in (1, 2) else 1
    unit_y = (2 if chroma == 1 else 1) * fields
    width = across * 16 - (left + right) * unit_x
    height = up * 16 * fields - (top + bottom) * unit_y
    if not (0 < width <= _LARGEST_SIDE and 0 < height <= _LARGEST_SIDE):
        raise DamagedError("a picture of an impossible size")
    vui = _vui(bits)
    return Sps(
        profile,
        level,
        width,
        height,
        not frames_only,
        chroma,
        bit_depth,
        vui.reorder_frames,
        vui.sar,
        vui.fps,
    )


def _chroma(bits: Bits) -> tuple[int, int]:
    chroma = bits.ue(limit=3)
    if chroma == 3:
        bits.flag()
    depth = 8 + max(bits.ue(limit=6), bits.ue(limit=6))
    bits.flag()
    if bits.flag():
        for number in range(12 if chroma == 3 else 8):
            if bits.flag():
                _scaling_list(bits, 16 if number < 6 else 64)
    return chroma, depth


def _scaling_list(bits: Bits, size: int) -> None:
    scale = 8
    for _ in range(size):
        scale = (scale + bits.se()) % 256
        if scale == 0:
            return


def _order_of_pictures(bits: Bits) -> None:
    kind = bits.ue(limit=2)
    if kind == 0:
        bits.ue(limit=12)
    elif kind == 1:
        bits.flag()
        bits.se()
        bits.se()
        for _ in range(bits.ue(limit=255)):
            bits.se()


def _vui(bits: Bits) -> _Vui:
    sar, fps = 1.0, 0.0
    try:
        if not bits.flag():
            return _Vui()
        sar = _shape_of_pixels(bits)
        if bits.flag():
            bits.flag()
        if bits.flag():
            bits.u(4)
            if bits.flag():
                bits.u(24)
        if bits.flag():
            bits.ue(limit=5)
            bits.ue(limit=5)
        fps = _timing(bits)
        hypothetical = [_skip_hrd(bits) for _ in range(2)]
        if any(hypothetical):
            bits.flag()
        bits.flag()
        if not bits.flag():
            return _Vui(sar, fps)
        bits.flag()
        for limit in (16, 16, 16, 16):
            bits.ue(limit=limit)
        return _Vui(sar, fps, bits.ue(limit=16))
    except DamagedError:
        return _Vui(sar, fps)


def _shape_of_pixels(bits: Bits) -> float:
    if not bits.flag():
        return 1.0
    kind = bits.u(8)
    width, height = (0, 0)
    if kind == _OWN_SAR:
        width, height = bits.u(16), bits.u(16)
    elif kind < len(_SAR):
        width, height = _SAR[kind]
    return width / height if width and height else 1.0


def _timing(bits: Bits) -> float:
    if not bits.flag():
        return 0.0
    tick, scale = bits.u(32), bits.u(32)
    bits.flag()
    fps = scale / (2 * tick) if tick else 0.0
    return fps if fps <= 1000 else 0.0


def _skip_hrd(bits: Bits) -> bool:
    if not bits.flag():
        return False
    count = bits.ue(limit=31) + 1
    bits.u(8)
    for _ in range(count):
        bits.ue()
        bits.ue()
        bits.flag()
    bits.u(20)
    return True
