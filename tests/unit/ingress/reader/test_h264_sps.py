from __future__ import annotations

import random
from fractions import Fraction

import pytest

from ingress.reader.h264 import split_annexb
from ingress.reader.h264_sps import DamagedError, Sps, parse_sps
from tests.unit.ingress.reader.h264_streams import encoded, written_sps


def sps_of(packets: list[bytes]) -> Sps:
    return parse_sps(next(u for u in split_annexb(packets[0]) if u[0] & 0x1F == 7))


@pytest.mark.parametrize(
    ("profile", "number"), [("baseline", 66), ("main", 77), ("high", 100)], ids=str
)
def test_what_x264_writes_for_the_usual_profiles_is_read(profile: str, number: int) -> None:
    packets, _ = encoded({"profile": profile, "level": "3.1"}, size=(1278, 718))
    found = sps_of(packets)
    assert (found.profile, found.level) == (number, 31)
    assert (found.width, found.height) == (1278, 718)
    assert (found.chroma, found.bit_depth, found.interlaced) == (1, 8, False)
    assert found.reorder_frames == 0
    assert found.fps == 25


@pytest.mark.parametrize(
    ("pix_fmt", "profile", "chroma", "depth"),
    [
        ("yuv420p10le", 110, 1, 10),
        ("yuv422p", 122, 2, 8),
        ("yuv422p10le", 122, 2, 10),
        ("yuv444p", 244, 3, 8),
        ("gray", 100, 0, 8),
    ],
)
def test_other_colours_and_depths_are_read(
    pix_fmt: str, profile: int, chroma: int, depth: int
) -> None:
    packets, _ = encoded(size=(322, 182), pix_fmt=pix_fmt, frames=3)
    found = sps_of(packets)
    assert (found.profile, found.chroma, found.bit_depth) == (profile, chroma, depth)
    assert (found.width, found.height) == (322, 182)


def test_interlaced_pictures_scaling_lists_pixels_and_reordering_are_read() -> None:
    options = {"x264-params": "tff=1:cqm=jvt"}
    packets, _ = encoded(options, size=(720, 576), b_frames=2, sar=Fraction(16, 11))
    found = sps_of(packets)
    assert found.interlaced
    assert (found.width, found.height) == (720, 576)
    assert found.sar == pytest.approx(16 / 11)
    assert found.reorder_frames
    assert found.reorder_frames > 0


def test_every_written_value_is_read_again() -> None:
    chance = random.Random(6)
    for _ in range(400):
        profile = chance.choice([66, 77, 88, 100, 110, 122, 244, 118])
        high = profile >= 100
        chroma = chance.choice([0, 1, 2, 3]) if high else 1
        depth = chance.randrange(8, 15) if high else 8
        blocks = (chance.randrange(2, 240), chance.randrange(2, 140))
        frames_only = chance.random() < 0.7
        crop = (*(chance.randrange(4) for _ in range(4)),) if chance.random() < 0.5 else (0,) * 4
        sar = chance.choice([None, (1, 1), (12, 11), (0, 1)])
        timing = chance.choice([None, (1, 50), (1001, 60000), (0, 1)])
        reorder = chance.choice([None, 0, 1, 4])
        found = parse_sps(
            written_sps(
                number=chance.randrange(32),
                profile=profile,
                chroma=chroma,
                depth=depth,
                blocks=blocks,
                frames_only=frames_only,
                crop=(crop[0], crop[1], crop[2], crop[3]),
                sar=sar,
                timing=timing,
                hrd=chance.random() < 0.3,
                reorder=reorder,
            )
        )
        across = 2 if chroma in (1, 2) else 1
        fields = 1 if frames_only else 2
        up = (2 if chroma == 1 else 1) * fields
        assert found == Sps(
            profile=profile,
            level=31,
            width=blocks[0] * 16 - across * (crop[0] + crop[1]),
            height=blocks[1] * 16 * fields - up * (crop[2] + crop[3]),
            interlaced=not frames_only,
            chroma=chroma,
            bit_depth=depth,
            reorder_frames=reorder,
            sar=sar[0] / sar[1] if sar and all(sar) else 1.0,
            fps=timing[1] / (2 * timing[0]) if timing and timing[0] else 0.0,
        )


def test_a_usability_part_that_breaks_off_counts_as_not_there() -> None:
    whole = written_sps(timing=(1, 50), reorder=2)
    cut = parse_sps(whole[:-3])
    assert (cut.width, cut.height) == (320, 192)
    assert cut.reorder_frames is None


def test_damage_is_named_and_nothing_else_is_raised() -> None:
    chance = random.Random(7)
    refused = 0
    for _ in range(5000):
        data = bytearray(written_sps(reorder=1, timing=(1, 50), crop=(0, 1, 0, 2)))
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(1, len(data))] = chance.randrange(256)
        try:
            found = parse_sps(bytes(data[: chance.randrange(1, len(data) + 1)]))
        except DamagedError:
            refused += 1
        else:
            assert 0 < found.width <= 16384
            assert 0 < found.height <= 16384
    assert 500 < refused < 5000


def test_what_is_no_parameter_set_is_refused() -> None:
    for data in (b"", b"\x67", b"\x68abcdef", b"\x67" + bytes(60)):
        with pytest.raises(DamagedError):
            parse_sps(data)
