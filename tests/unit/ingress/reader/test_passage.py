from __future__ import annotations

from dataclasses import replace

import pytest

from ingress.reader.h264 import AccessUnit, parse_sps
from ingress.reader.h264_sps import Sps
from ingress.reader.passage import CARRIED, KEYS_APART, NO_KEY, Look, Mode, Passage
from tests.unit.ingress.reader.h264_streams import written_sps

PLAIN = parse_sps(written_sps(blocks=(80, 45), reorder=0))


def unit(
    *, key: bool = False, b: bool = False, slices: bool = True, sps: Sps | None = PLAIN
) -> AccessUnit:
    return AccessUnit(b"\0\0\0\1\x65", key, b, slices, sps)


def run(passage: Passage, seconds: float, *, gop: float, begin: float = 0.0) -> str:
    """25 pictures a second; the first reason, if any."""
    for number in range(round(seconds * 25)):
        key = number % round(gop * 25) == 0
        if reason := passage.check(unit(key=key), begin + number / 25):
            return reason
    return ""


def test_plain_h264_goes_through_for_ever() -> None:
    passage = Passage("h264", PLAIN)
    assert run(passage, 600, gop=1) == ""
    assert (passage.way, passage.impossible) == ("passthrough", "")
    assert "H.264" in passage.why


@pytest.mark.parametrize(
    ("sps", "why"),
    [
        (replace(PLAIN, bit_depth=10), "10 bits"),
        (replace(PLAIN, chroma=2), "4:2:2"),
        (replace(PLAIN, chroma=3), "4:4:4"),
        (replace(PLAIN, profile=88), "profile 88"),
        (replace(PLAIN, interlaced=True), "interlaced"),
        (replace(PLAIN, width=2560, height=1440), "2560x1440"),
        (replace(PLAIN, width=1080, height=1928), "1080x1928"),
        (replace(PLAIN, sar=16 / 11), "square"),
        (replace(PLAIN, reorder_frames=2), "B-frames"),
    ],
)
def test_what_viewers_cannot_decode_is_encoded_anew_from_the_start_or_from_then_on(
    sps: Sps, why: str
) -> None:
    first = Passage("h264", sps)
    assert first.way == "transcoded"
    assert why in first.why
    later = Passage("h264", None)
    if sps.reorder_frames:
        return  # what the headers only announce is waited for
    assert why in later.check(unit(key=True, sps=sps), 1.0)
    assert later.way == "transcoded"


@pytest.mark.parametrize(
    "sps",
    [
        replace(PLAIN, width=1080, height=1920),
        replace(PLAIN, width=1920, height=1088),
        replace(PLAIN, sar=1.01),
        replace(PLAIN, profile=66, reorder_frames=1),
        replace(PLAIN, reorder_frames=None),
        replace(PLAIN, chroma=0),
    ],
)
def test_what_viewers_can_decode_goes_through(sps: Sps) -> None:
    assert Passage("h264", sps).way == "passthrough"


@pytest.mark.parametrize("look", [Look(rotation=90), Look(rotation=-180), Look(sar=0.5)])
def test_turned_and_squeezed_pictures_are_encoded_anew(look: Look) -> None:
    assert Passage("h264", PLAIN, look=look).way == "transcoded"
    assert Passage("h264", None, look=look).way == "transcoded"
    assert Passage("h264", PLAIN, look=Look(rotation=360, sar=0)).way == "passthrough"


def test_the_first_b_slice_ends_the_passage_and_it_does_not_come_back() -> None:
    passage = Passage("h264", None)
    assert passage.check(unit(key=True), 0.0) == ""
    assert passage.check(unit(b=True), 0.1) == "it has B-frames"
    assert passage.way == "transcoded"
    assert run(passage, 10, gop=1) == ""
    assert passage.why == "it has B-frames"


def test_without_a_key_frame_it_waits_a_while_and_no_longer() -> None:
    passage = Passage("h264", PLAIN)
    reasons = [passage.check(unit(), 7 + at / 10) for at in range(round(NO_KEY * 10) + 2)]
    assert [bool(reason) for reason in reasons].index(True) == round(NO_KEY * 10) + 1
    silent = Passage("h264", PLAIN)
    assert [silent.check(unit(slices=False), at) for at in (0.0, 100.0)] == ["", ""]
    assert silent.check(unit(), 100.0) == ""


def test_rare_key_frames_matter_only_when_a_viewer_asks() -> None:
    passage = Passage("h264", PLAIN)
    assert run(passage, 60, gop=12) == ""
    passage.wish(60.0)
    assert "apart" in passage.check(unit(), 60.04)


def test_an_asked_key_frame_may_take_its_time_the_first_time() -> None:
    passage = Passage("h264", PLAIN)
    passage.check(unit(key=True), 0.0)
    passage.wish(1.0)
    passage.wish(3.0)
    assert passage.check(unit(), 1.0 + KEYS_APART) == ""
    assert "apart" in passage.check(unit(), 1.1 + KEYS_APART)
    in_time = Passage("h264", PLAIN)
    assert run(in_time, 3, gop=2) == ""
    in_time.wish(3.0)
    assert run(in_time, 60, gop=2, begin=3.0) == ""


@pytest.mark.parametrize("codec", ["hevc", "mjpeg", "mpeg4", "rawvideo"])
def test_what_webrtc_does_not_carry_is_encoded_anew(codec: str) -> None:
    passage = Passage(codec, None)
    assert passage.way == "transcoded"
    assert codec not in CARRIED
    assert passage.why.startswith("WebRTC does not carry")


def test_who_asks_for_encoding_gets_it() -> None:
    passage = Passage("h264", PLAIN, "transcode")
    assert (passage.way, passage.why) == ("transcoded", "asked for")


@pytest.mark.parametrize(
    ("mode", "codec", "sps", "impossible"),
    [
        ("passthrough", "h264", replace(PLAIN, interlaced=True, width=3840), False),
        ("passthrough", "h264", replace(PLAIN, bit_depth=10), True),
        ("passthrough", "mjpeg", None, True),
        ("auto", "mjpeg", None, False),
    ],
)
def test_a_passage_that_is_asked_for_is_taken_or_is_impossible(
    mode: Mode, codec: str, sps: Sps | None, impossible: bool
) -> None:
    assert bool(Passage(codec, sps, mode).impossible) == impossible


def test_b_slices_make_a_passage_that_is_asked_for_impossible() -> None:
    passage = Passage("h264", PLAIN, "passthrough")
    assert run(passage, 30, gop=12) == ""
    assert passage.check(unit(b=True), 31.0) == "it has B-frames"
    assert passage.impossible == "it has B-frames"
    assert passage.way == "passthrough"


@pytest.mark.parametrize("codec", ["vp8", "vp9", "av1"])
def test_other_codecs_of_the_web_go_through_unless_they_are_of_ten_bits(codec: str) -> None:
    sps = replace(PLAIN, profile=0, reorder_frames=None)
    assert Passage(codec, sps).way == "passthrough"
    later = Passage(codec, None)
    assert later.check(unit(key=True, sps=sps), 0.0) == ""
    assert "10 bits" in later.check(unit(key=True, sps=replace(sps, bit_depth=10)), 1.0)
    assert Passage(codec, replace(sps, chroma=3), "passthrough").impossible
    assert "not known" in Passage(codec, None).check(unit(key=True, sps=None), 0.0)
