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


class DamagedError(ValueError):
    """This is no H.264 that can be read. `str()` is one line."""


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One picture, or what came in its place.

    data: Annex B, and with SPS and PPS where `key`; key: an IDR picture whose parameter sets are
    known; has_b: a B slice is in it; has_slices: there is a picture in it at all; sps: the sequence
    parameter set that is in force, b"" while none is.
    """

    data: bytes
    key: bool
    has_b: bool
    has_slices: bool
    sps: bytes = b""


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
        self._sps: dict[int, bytes] = {}
        self._pps: dict[int, bytes] = {}
        self._sps_of_pps: dict[int, int] = {}
        self._active: int | None = None
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
        kept, idr, has_b, has_slices = [], None, False, False
        before: set[tuple[int, int]] = set()
        for unit in units:
            kind = unit[0] & 0x1F
            if unit[0] & 0x80 or kind in _LEFT_OUT:
                as_it_is = False
                continue
            if kind in (SPS, PPS):
                learnt = self._learn(unit)
                if learnt is None:
                    as_it_is = False
                    continue
                if idr is None:
                    before.add((kind, learnt))
            elif SLICE <= kind <= IDR:
                has_slices = True
                if kind in (SLICE, PARTITION_A):
                    has_b = has_b or _is_b(unit)
                elif kind == IDR and idr is None:
                    idr = unit
            kept.append(unit)
        if not kept:
            raise DamagedError("a packet without a unit")
        key = idr is not None and self._activate(idr)
        if key and not self._in_force() <= before:
            kept, as_it_is = self._with_sets(kept), False
        sps = b"" if self._active is None else self._sps[self._active]
        return AccessUnit(data if as_it_is else to_annexb(kept), key, has_b, has_slices, sps)

    def _units(self, data: bytes) -> tuple[list[bytes], bool]:
        """The units, and whether the packet may go on as it is."""
        annexb = data.startswith((START, _SHORT_START))
        if self._length_size:
            try:
                return avcc_units(data, self._length_size), False
            except DamagedError:
                if not annexb:  # some that say avcC send Annex B
                    raise
        if not annexb and not self._length_size:
            try:
                return avcc_units(data, 4), False
            except DamagedError:
                return split_annexb(data), False
        return split_annexb(data), annexb

    def _learn(self, unit: bytes) -> int | None:
        """Keeps a parameter set; gives its number, or None where it is none or is damaged."""
        kind = unit[0] & 0x1F if unit else 0
        if kind not in (SPS, PPS) or len(unit) > _LONGEST_SET:
            return None
        try:
            number, refers = _numbers(unit[4 if kind == SPS else 1 : _HEAD], 2)
        except DamagedError:
            return None
        if kind == SPS:
            self._sps[number] = unit
        else:
            self._pps[number] = unit
            self._sps_of_pps[number] = refers
        return number

    def _activate(self, idr: bytes) -> bool:
        """Whether everything that this IDR slice refers to is known."""
        try:
            number = self._sps_of_pps[_numbers(idr[1:_HEAD], 3)[2]]
        except (DamagedError, KeyError):
            return False
        if number not in self._sps:
            return False
        self._active = number
        return True

    def _in_force(self) -> set[tuple[int, int]]:
        numbers = {(PPS, pps) for pps, sps in self._sps_of_pps.items() if sps == self._active}
        return numbers | {(SPS, self._active or 0)}

    def _with_sets(self, units: list[bytes]) -> list[bytes]:
        """The units with the sets in force before all else: a PPS is read by its SPS."""
        wanted = sorted(self._in_force())
        sets = [self._sps[number] if kind == SPS else self._pps[number] for kind, number in wanted]
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
