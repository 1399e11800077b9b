"""The way of a live source's pictures, packet by packet, on a clock of the test's own."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import pytest
from av.video.codeccontext import VideoCodecContext

from ingress.reader.failures import SourceFailure
from ingress.reader.messages import Note, Opened, Request, Unit
from ingress.reader.source import Contents
from ingress.reader.timeline import Timeline
from ingress.reader.video import Video
from tests.support.clips import FPS, PLAIN, WITH_B, picture
from tests.unit.ingress.reader.films import grey, watched

START = 1000.0


class Camera:
    """Gives one packet after the other; `Video` gets them at the rate of the camera."""

    def __init__(self, codec: str = "h264", **request: Any) -> None:
        self.told: list[Any] = []
        self.now = START
        self.number = 0
        decoder: Any = VideoCodecContext.create(codec, "r")
        contents = Contents(codec, decoder, fps=FPS)
        self.video = Video(
            contents, Request("rtsp://camera/", **request), Timeline(), self.told.append
        )

    def take(self, packets: list[av.Packet[Any]]) -> list[Unit]:
        told = len(self.told)
        for packet in packets:
            self.video.take(packet, self.now)
            self.now += 1 / FPS
        return [one for one in self.told[told:] if isinstance(one, Unit)]

    def encode(
        self, count: int, options: dict[str, str], *, still: bool = False, encoder: str = "libx264"
    ) -> list[av.Packet[Any]]:
        """The next so many pictures, from an encoder of their own."""
        context: Any = VideoCodecContext.create(encoder, "w")
        context.width, context.height = 160, 120
        context.pix_fmt = "yuv420p"
        context.time_base = Fraction(1, FPS)
        context.framerate = Fraction(FPS)
        context.options = options
        packets = []
        begin = self.number
        for _ in range(count):
            frame = picture(0 if still else self.number)
            frame.pts, frame.time_base = self.number, Fraction(1, FPS)
            self.number += 1
            packets += context.encode(frame)
        packets += context.encode(None)
        made = [av.Packet(bytes(packet)) for packet in packets]
        for copy, packet in zip(made, packets, strict=True):
            copy.pts, copy.is_keyframe = packet.pts, packet.is_keyframe
            copy.time_base = Fraction(1, FPS)
        assert len(made) == self.number - begin
        return made

    @property
    def opened(self) -> Opened:
        (opened,) = [one for one in self.told if isinstance(one, Opened)]
        assert isinstance(opened, Opened)
        return opened

    def turned(self) -> list[Note]:
        return [one for one in self.told if isinstance(one, Note) and one.way]


def test_h264_goes_on_as_it_came() -> None:
    camera = Camera()
    packets = camera.encode(25, PLAIN)
    came = camera.take(packets)
    assert [unit.data for unit in came] == [bytes(packet) for packet in packets]
    assert [unit.key for unit in came] == [number % 10 == 0 for number in range(25)]
    assert (camera.opened.way, camera.opened.width, camera.opened.fps) == ("passthrough", 160, FPS)


def test_what_comes_before_the_first_keyframe_is_left_out() -> None:
    camera = Camera()
    came = camera.take(camera.encode(25, PLAIN)[3:])
    assert len(came) == 15
    assert came[0].key


def test_b_frames_in_mid_run_are_decoded_from_then_on_without_a_gap() -> None:
    camera = Camera()
    came = camera.take(camera.encode(13, PLAIN))
    # The camera is set anew: other parameter sets, and B-frames.
    camera.now += 0.2
    later = camera.take(camera.encode(20, WITH_B))
    (note,) = camera.turned()
    assert (note.way, note.why) == ("transcoded", "its headers announce B-frames")
    assert camera.opened.way == "passthrough"
    assert later[0].key
    seen = [int(grey(frame)[100, 140]) for frame in watched(came + later)]
    assert seen == sorted(seen)
    assert len(seen) >= 13 + 20 - 4
    times = [unit.time for unit in came + later]
    assert times == sorted(times)


def test_passthrough_that_is_asked_for_and_impossible_is_a_failure() -> None:
    camera = Camera(mode="passthrough")
    with pytest.raises(SourceFailure) as failed:
        camera.take(camera.encode(13, WITH_B))
    assert (failed.value.kind, failed.value.text) == ("codec", "it has B-frames")


def test_damaged_packets_are_passed_over_and_nothing_else_is_a_failure() -> None:
    camera = Camera()
    packets = camera.encode(20, PLAIN)
    bad = av.Packet(b"\x00\x00\x00")
    bad.time_base = Fraction(1, FPS)
    assert len(camera.take([*packets[:5], bad, *packets[5:]])) == 20
    with pytest.raises(SourceFailure) as failed:
        camera.take([bad] * 60)
    assert failed.value.kind == "protocol"


def test_keyframes_that_cannot_be_decoded_end_the_source_after_ten_seconds() -> None:
    camera = Camera("hevc")
    bad = av.Packet(b"\x00\x00\x00\x01nothing of hevc")
    bad.time_base, bad.is_keyframe = Fraction(1, FPS), True
    assert camera.take([bad] * (FPS * 9)) == []
    with pytest.raises(SourceFailure) as failed:
        camera.take([bad] * (FPS * 2))
    assert failed.value.kind == "codec"


@pytest.mark.parametrize("mode", ["auto", "transcode"])
def test_a_keyframe_is_waited_for_for_a_minute_and_it_is_said(mode: str) -> None:
    camera = Camera(mode=mode)
    packets = camera.encode(
        FPS * 60 + 40, {"preset": "ultrafast", "tune": "zerolatency", "g": "1500"}
    )
    assert camera.take(packets[1 : FPS * 60]) == []
    remarks = [one.remark for one in camera.told if isinstance(one, Note)]
    assert len(set(remarks)) > 50  # told anew again and again: it is a sign of life
    assert remarks[-1].startswith("waiting for a keyframe, none for 5")
    assert len(camera.take(packets[FPS * 60 :])) == 40
    assert [one.remark for one in camera.told if isinstance(one, Note)][-1] == ""


@pytest.mark.parametrize(("codec", "encoder"), [("h264", "libx264"), ("mpeg4", "mpeg4")])
def test_a_picture_that_does_not_change_is_told(codec: str, encoder: str) -> None:
    camera = Camera(codec)
    options = PLAIN if encoder == "libx264" else {"g": "10"}
    camera.take(camera.encode(50, options, encoder=encoder))
    assert not any(one.frozen for one in camera.told if isinstance(one, Note))
    froze = camera.now
    camera.take(camera.encode(FPS * 14, options, still=True, encoder=encoder))
    notes = [one for one in camera.told if isinstance(one, Note)]
    assert notes[-1].frozen == pytest.approx(froze, abs=2.5)
    camera.take(camera.encode(FPS * 4, options, encoder=encoder))
    notes = [one for one in camera.told if isinstance(one, Note)]
    assert notes[-1].frozen == 0
