"""H.264 as containers and cameras give it, made into access units that a viewer can join at.

Looks at the first bytes of each unit only, and searches with `bytes.find`: a camera's stream passes
at hundreds of times its own speed.
"""

from __future__ import annotations

from dataclasses import dataclass

START = b"\0\0\0\1"
_SHORT_START = b"\0\0\1"

SLICE, PARTITION_A, IDR, SPS, PPS, AUD = 1, 2, 5, 7, 8, 9
_LEFT_OUT = frozenset({12, 14, 15, 20})
"""Filler, and the upper layers of scalable video, which nobody here reads."""

_B, _EXTENDED_B = 1, 6
_HEAD = 24
"""Bytes of a slice that are looked at: its header's first three numbers are in them."""

_LONGEST_SET = 4096
"""Bytes of a parameter set; a longer one is garbage."""


_Name = tuple[int, int]
"""Of a parameter set: its kind and number."""


class DamagedError(ValueError):
    """This is no H.264 that can be read. `str()` is one line."""


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One picture, or what came in its place.

    data: Annex B, and with SPS and PPS where `key`; key: an IDR picture whose parameter sets are
    known; has_b: a B slice is in it; has_slices: there is a picture in it at all; sets: where it is
    a key, all parameter sets that are known.
    """

    data: bytes
    key: bool
    has_b: bool
    has_slices: bool
    sets: bytes = b""


def split_annexb(data: bytes) -> list[bytes]:
    """The NAL units of an Annex B stream, without start codes; what stands before the first start
    code is left out.
    """
    units = []
    at = data.find(_SHORT_START)
    while at >= 0:
        begin = at + 3
        at = data.find(_SHORT_START, begin)
        unit = data[begin : at if at >= 0 else len(data)].rstrip(b"\0")
        if unit:
            units.append(unit)
    return units


def avcc_units(data: bytes, length_size: int) -> list[bytes]:
    """The NAL units of a packet in which each has its length before it. Raises DamagedError."""
    units = []
    at, end = 0, len(data)
    while at < end:
        begin = at + length_size
        at = begin + int.from_bytes(data[at:begin])
        if begin > end or at > end:
            raise DamagedError(f"a unit ends {at - end} bytes behind its packet")
        if at > begin:
            units.append(data[begin:at])
    return units


def to_annexb(units: list[bytes]) -> bytes:
    """The units with a start code before each."""
    return START + START.join(units) if units else b""


class ParameterSets:
    """Follows the parameter sets of one stream and puts them before each IDR picture."""

    def __init__(self, extradata: bytes | None = None) -> None:
        """extradata: what the container says about the codec: an avcC record, Annex B, or nothing.
        What is damaged in it is passed over: the sets may still come in the stream.
        """
        self._length_size = 0
        self._sets: dict[_Name, bytes] = {}
        self.extradata(extradata or b"")

    def extradata(self, data: bytes) -> None:
        """Takes over what a container says, at the start or in mid-stream."""
        units = split_annexb(data)
        if len(data) >= 7 and data[0] == 1:
            self._length_size = (data[4] & 3) + 1
            units = _of_avcc_record(data)
        for unit in units:
            self._learn(unit)

    def unit(self, data: bytes) -> AccessUnit:
        """One packet as an access unit. Raises DamagedError where there is no unit in it."""
        units, as_it_is = self._units(data)
        kept: list[bytes] = []
        before: set[_Name] = set()
        idr = has_b = has_slices = False
        for unit in units:
            kind = unit[0] & 0x1F
            name = self._learn(unit) if kind in (SPS, PPS) else None
            if unit[0] & 0x80 or kind in _LEFT_OUT or (kind in (SPS, PPS) and name is None):
                as_it_is = False
                continue
            if name is not None and not idr:
                before.add(name)
            has_slices = has_slices or SLICE <= kind <= IDR
            has_b = has_b or (kind in (SLICE, PARTITION_A) and _is_b(unit))
            idr = idr or kind == IDR
            kept.append(unit)
        if not kept:
            raise DamagedError("a packet without a unit")
        key = idr and {kind for kind, _ in self._sets} == {SPS, PPS}
        if key and not self._sets.keys() <= before:
            kept, as_it_is = self._with_sets(kept), False
        sets = to_annexb([self._sets[name] for name in sorted(self._sets)]) if key else b""
        return AccessUnit(data if as_it_is else to_annexb(kept), key, has_b, has_slices, sets)

    def _units(self, data: bytes) -> tuple[list[bytes], bool]:
        """The units, and whether the packet may go on as it is."""
        annexb = data.startswith((START, _SHORT_START))
        if annexb and not self._length_size:
            return split_annexb(data), True
        try:
            return avcc_units(data, self._length_size or 4), False
        except DamagedError:  # some that say avcC send Annex B, and the other way round
            if self._length_size and not annexb:
                raise
            return split_annexb(data), annexb

    def _learn(self, unit: bytes) -> _Name | None:
        """Keeps a parameter set; gives its name, or None where it is none or is damaged."""
        kind = unit[0] & 0x1F if unit else 0
        if kind not in (SPS, PPS) or len(unit) > _LONGEST_SET:
            return None
        try:
            name = kind, _numbers(unit[4 if kind == SPS else 1 : _HEAD], 1)[0]
        except DamagedError:
            return None
        self._sets[name] = unit
        return name

    def _with_sets(self, units: list[bytes]) -> list[bytes]:
        """The units with all sets before all else: a PPS is read by its SPS."""
        sets = [self._sets[name] for name in sorted(self._sets)]
        rest = [one for one in units if one not in sets]
        aud = rest[:1] if rest[0][0] & 0x1F == AUD else []
        return aud + sets + rest[len(aud) :]


def _of_avcc_record(data: bytes) -> list[bytes]:
    """Parameter sets of an avcC record (ISO/IEC 14496-15), as far as they are whole."""
    units: list[bytes] = []
    at = 5
    for mask in (0x1F, 0xFF):
        if at >= len(data):
            break
        count = data[at] & mask
        at += 1
        for _ in range(count):
            size = int.from_bytes(data[at : at + 2])
            unit = data[at + 2 : at + 2 + size]
            if not size or len(unit) < size:
                return units
            units.append(unit)
            at += 2 + size
    return units


def _is_b(unit: bytes) -> bool:
    try:
        return _numbers(unit[1:_HEAD], 2)[1] in (_B, _EXTENDED_B)
    except DamagedError:
        return False


def _numbers(data: bytes, count: int) -> list[int]:
    """The first so many Exp-Golomb numbers of a unit. Raises DamagedError where they break off."""
    data = data.replace(b"\0\0\3", b"\0\0")  # emulation prevention
    bits = bin(int.from_bytes(b"\1" + data))[3:]
    found: list[int] = []
    at = 0
    while len(found) < count:
        one = bits.find("1", at, at + 33)
        end = 2 * one - at + 1
        if one < 0 or end > len(bits):
            raise DamagedError("a number that does not end")
        found.append(int(bits[one:end], 2) - 1)
        at = end
    return found
