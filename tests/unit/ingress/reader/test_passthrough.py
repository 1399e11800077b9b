from __future__ import annotations

from dataclasses import replace

import pytest

from ingress.reader.h264 import AccessUnit
from ingress.reader.passthrough import KEYS_APART, NO_KEY, Format, Passthrough

PLAIN = Format(1280, 720)


def unit(*, key: bool = False, b: bool = False, slices: bool = True) -> AccessUnit:
    return AccessUnit(b"\0\0\0\1\x65", key, b, slices)


def run(passthrough: Passthrough, seconds: float, *, gop: float, begin: float = 0.0) -> str:
    """25 pictures a second; the first reason, if any."""
    for number in range(round(seconds * 25)):
        key = number % round(gop * 25) == 0
        when = begin + number / 25
        if reason := passthrough.check(unit(key=key), when, when, PLAIN if key else None):
            return reason
    return ""


@pytest.mark.parametrize(
    ("form", "why"),
    [
        (replace(PLAIN, format="yuv420p10le"), "yuv420p10le"),
        (replace(PLAIN, format="yuv422p"), "yuv422p"),
        (replace(PLAIN, interlaced=True), "interlaced"),
        (replace(PLAIN, width=3840, height=2160), "3840x2160"),
        (replace(PLAIN, aspect=16 / 11), "square"),
        (replace(PLAIN, reorders=True), "B-frames"),
        (replace(PLAIN, upright=False), "turned"),
    ],
)
def test_what_viewers_cannot_decode_is_encoded_anew_for_good(form: Format, why: str) -> None:
    passthrough = Passthrough("h264")
    assert passthrough.check(unit(key=True), 0.0, 0.0, PLAIN) == ""
    assert why in passthrough.check(unit(key=True), 1.0, 1.0, form)
    assert run(passthrough, 10, gop=1) == ""
    assert passthrough.way == "transcoded"
    assert why in passthrough.why


@pytest.mark.parametrize("gop", [1.0, 2.0, 4.0])
def test_usual_keyframes_go_through_for_ever_also_when_they_are_asked_for(gop: float) -> None:
    passthrough = Passthrough("h264")
    for begin in range(0, 600, 20):
        passthrough.wish()
        assert run(passthrough, 20, gop=gop, begin=begin) == ""
    passthrough.wish()
    assert run(passthrough, gop, gop=99, begin=600) == ""  # one got lost on the way
    assert run(passthrough, 60, gop=gop, begin=600 + gop) == ""
    assert (passthrough.way, passthrough.impossible) == ("passthrough", "")


def test_without_a_keyframe_it_waits_a_while_and_no_longer() -> None:
    passthrough = Passthrough("h264")
    reasons = [passthrough.check(unit(), 7 + at / 8, 0) for at in range(round(NO_KEY * 8) + 2)]
    assert [bool(reason) for reason in reasons].index(True) == round(NO_KEY * 8) + 1
    silent = Passthrough("h264")
    assert [silent.check(unit(slices=False), at, at) for at in (0.0, 100.0)] == ["", ""]
    assert silent.check(unit(), 100.0, 100.0) == ""


def test_rare_keyframes_matter_only_when_a_viewer_asks() -> None:
    passthrough = Passthrough("h264")
    assert run(passthrough, 60, gop=12) == ""
    passthrough.wish()
    assert "12 s apart" in passthrough.check(unit(), 60.04, 60.04)


def test_an_asked_keyframe_may_take_its_time_the_first_time() -> None:
    passthrough = Passthrough("h264")
    passthrough.check(unit(key=True), 0.0, 0.0)
    passthrough.wish()
    assert passthrough.check(unit(), KEYS_APART, 0.0) == ""
    passthrough.wish()
    assert "apart" in passthrough.check(unit(), 0.1 + KEYS_APART, 0.0)


def test_time_passes_by_the_pictures_own_times_unless_these_leap() -> None:
    held_up = Passthrough("h264")
    assert held_up.check(unit(), 0.0, 0.0) == ""
    assert held_up.check(unit(), 0.04, 20.0) == ""  # it comes late, and is no second GOP
    assert held_up.check(unit(), 3600.0, 20.04) == ""  # the camera's clock is set
    assert held_up.check(unit(), 0.0, 20.08) == ""
    assert held_up.check(unit(), None, 24.0) == ""
    assert "no keyframe" in held_up.check(unit(), None, 27.0)
