from __future__ import annotations

import random

import pytest

from ingress.reader.h264 import (
    DamagedError,
    ParameterSets,
    avcc_units,
    split_annexb,
    to_annexb,
)
from tests.unit.ingress.reader.h264_streams import (
    avcc,
    avcc_record,
    encoded,
    kinds,
    without,
)

START = b"\0\0\0\1"
SPS, PPS, AUD, SEI, IDR, FILLER = 7, 8, 9, 6, 5, 12


def random_unit(chance: random.Random) -> bytes:
    """A NAL unit that holds no start code and does not end in 0, as every true one."""
    body = bytes(chance.choice([0, 0, 1, 2, 3, 0x41, 0xFF]) for _ in range(chance.randrange(40)))
    for code in (b"\0\0\0", b"\0\0\1", b"\0\0\2"):
        while code in body:
            body = body.replace(code, b"\0\0\3" + code[2:] if code[2] else b"\0\0\3\0")
    return bytes([chance.randrange(1, 128)]) + body + b"\x80"


def test_units_survive_the_way_through_both_forms() -> None:
    chance = random.Random(1)
    for _ in range(500):
        units = [random_unit(chance) for _ in range(chance.randrange(1, 8))]
        assert split_annexb(to_annexb(units)) == units
        short = b"".join(b"\0\0\1" + unit + bytes(chance.randrange(3)) for unit in units)
        assert split_annexb(short) == units
        for length_size in (1, 2, 4):
            packed = b"".join(len(unit).to_bytes(length_size) + unit for unit in units)
            assert avcc_units(packed, length_size) == units


@pytest.mark.parametrize("cut", [1, 2, 3, 5])
def test_a_packet_that_breaks_off_in_a_length_or_a_unit_is_damaged(cut: int) -> None:
    packed = (4).to_bytes(4) + b"abcd"
    with pytest.raises(DamagedError):
        avcc_units(packed[: len(packed) - cut], 4)
    with pytest.raises(DamagedError):
        avcc_units(packed + b"\0\0\0"[: min(cut, 3)], 4)


def test_sets_out_of_band_are_put_before_each_key_frame() -> None:
    bare, extradata = encoded({"tune": "zerolatency"}, global_header=True)
    packets = [START + b"\x09\xf0" + packet for packet in bare]
    assert SPS not in kinds(packets[0])
    sets = ParameterSets(extradata)
    for number, packet in enumerate(packets):
        unit = sets.unit(packet)
        assert unit.key == (number % 6 == 0)
        if unit.key:
            assert kinds(unit.data)[:3] == [AUD, SPS, PPS]
            assert kinds(unit.data)[3:] == kinds(packet)[1:]


@pytest.mark.parametrize("length_size", [2, 4])
def test_avcc_packets_become_annexb(length_size: int) -> None:
    packets, extradata = encoded({"tune": "zerolatency"}, global_header=True)
    sets = ParameterSets(avcc_record(extradata, length_size))
    first = sets.unit(avcc(packets[0], length_size))
    assert first.data == to_annexb(split_annexb(extradata)[:2] + split_annexb(packets[0]))
    assert sets.unit(avcc(packets[1], length_size)).data == to_annexb(split_annexb(packets[1]))


def test_what_says_avcc_and_sends_annexb_and_the_other_way_round_is_understood() -> None:
    packets, extradata = encoded({"tune": "zerolatency"})
    said_avcc = ParameterSets(avcc_record(extradata or packets[0]))
    said_nothing = ParameterSets()
    for packet in packets:
        assert split_annexb(said_avcc.unit(packet).data) == split_annexb(packet)
        assert split_annexb(said_nothing.unit(avcc(packet)).data) == split_annexb(packet)


def test_sets_that_come_in_the_stream_take_the_place_of_older_ones() -> None:
    small, extradata = encoded({"tune": "zerolatency"})
    large, _ = encoded({"tune": "zerolatency"}, size=(640, 360))
    sets = ParameterSets(extradata)
    sets.unit(small[0])
    only_sets = without(large[0], IDR, SEI)
    assert not sets.unit(only_sets).has_slices
    later = sets.unit(without(large[0], SPS, PPS))
    assert later.key
    assert split_annexb(later.data)[:2] == split_annexb(only_sets)
    assert later.sets == only_sets


def test_all_sets_that_are_known_come_before_a_keyframe_and_each_behind_what_it_refers_to() -> None:
    packets, _ = encoded({"tune": "zerolatency"})
    other, _ = encoded({"tune": "zerolatency", "x264-params": "sps-id=1"}, size=(640, 360))
    (sps, pps, *_), (other_sps, other_pps, *_) = map(split_annexb, (packets[0], other[0]))
    sets = ParameterSets(to_annexb([pps, other_pps, other_sps, sps]))
    unit = sets.unit(without(other[0], SPS))
    assert unit.key
    assert (
        split_annexb(unit.sets) == split_annexb(unit.data)[:4] == [sps, other_sps, pps, other_pps]
    )


def test_a_key_frame_without_its_sets_is_none() -> None:
    packets, _ = encoded({"tune": "zerolatency"})
    unit = ParameterSets().unit(without(packets[0], SPS, PPS))
    assert unit.has_slices
    assert not unit.key


def test_b_slices_are_seen_and_i_frames_of_an_open_gop_are_no_keys() -> None:
    options = {"x264-params": "open-gop=1:bframes=2:b-adapt=0:scenecut=0"}
    packets, extradata = encoded(options, frames=30, b_frames=2)
    sets = ParameterSets(extradata)
    units = [sets.unit(packet) for packet in packets]
    assert [unit.key for unit in units].count(True) == 1
    assert sum(unit.has_b for unit in units) > 10
    assert not units[0].has_b


def test_filler_and_what_cannot_be_is_left_out_and_the_rest_stays() -> None:
    packets, _ = encoded({"tune": "zerolatency"})
    filler, forbidden = b"\x0c" + b"\xff" * 50 + b"\x80", b"\xe5abc"
    sets = ParameterSets()
    assert sets.unit(packets[0] + START + filler + START + forbidden).data == to_annexb(
        split_annexb(packets[0])
    )
    with pytest.raises(DamagedError):
        sets.unit(START + filler)
    with pytest.raises(DamagedError):
        sets.unit(b"")


def test_whatever_comes_only_the_named_error_is_raised() -> None:
    packets, extradata = encoded({"tune": "zerolatency"}, frames=4, gop=2)
    chance = random.Random(3)
    damaged = 0
    for turn in range(600):
        mess = bytearray(chance.choice([extradata, avcc_record(packets[0]), b"", b"\1" * 9]))
        for _ in range(chance.randrange(4) if mess else 0):
            mess[chance.randrange(len(mess))] = chance.randrange(256)
        sets = ParameterSets(bytes(mess[: chance.randrange(len(mess) + 1)]))
        for packet in packets:
            data = bytearray(packet if turn % 2 else avcc(packet))
            for _ in range(chance.randrange(1, 5)):
                data[chance.randrange(min(len(data), 60))] = chance.randrange(256)
            try:
                unit = sets.unit(bytes(data[: chance.randrange(len(data) + 1)]))
            except DamagedError:
                damaged += 1
            else:
                assert unit.data.startswith(b"\0\0")
                if unit.key:
                    assert {SPS, PPS, IDR} <= set(kinds(unit.data))
    assert damaged > 20
