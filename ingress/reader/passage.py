"""Decides whether a source's pictures go on as they are, or must be decoded and encoded anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ingress.reader.h264 import AccessUnit
from ingress.reader.h264_sps import BASELINE, HIGH, MAIN, Sps
from ingress.reader.messages import Way

Mode = Literal["auto", "passthrough", "transcode"]

CARRIED = frozenset({"h264", "vp8", "vp9", "av1"})
"""Codecs, by FFmpeg's names, that a subscriber in Python and one in Chromium were seen to decode as
they came (tests/room/test_relay_codecs.py). Of H.265 neither saw anything; 10 bits end libwebrtc in
Python."""

LONG_SIDE, SHORT_SIDE = 1920, 1088
NO_KEY = 5.0
"""Seconds of pictures without one that a viewer can begin with, after which they are encoded
anew."""

KEYS_APART = 4.0
"""Seconds that a viewer who has asked for a key frame may wait for the source's next one."""

ODD_PIXELS = 0.02
"""Share by which pixels may be wider or higher than square before anybody sees it."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the container says about the picture: degrees of rotation, and the pixels' shape (width
    by height, 0 or 1 where it says nothing).
    """

    rotation: float = 0.0
    sar: float = 1.0


class Passage:
    """The way of one source. It begins with a decision and may turn to `transcoded` once, for good.

    way, why: as in `Opened`. impossible: "" or, with mode `passthrough`, why it cannot be done;
    then the source has failed. Times are monotonic seconds.
    """

    def __init__(
        self, codec: str, sps: Sps | None, mode: Mode = "auto", *, look: Look | None = None
    ) -> None:
        """codec by FFmpeg's name; sps as `Units` gives it, None where it is not known yet."""
        self._codec = codec
        self._mode: Mode = mode
        self._look = look or Look()
        self.way: Way = "passthrough"
        self.why = f"{_spoken(codec)} that WebRTC carries"
        self.impossible = ""
        self._asked: float | None = None
        self._last_key: float | None = None
        self._first: float | None = None
        self._apart = 0.0
        if mode == "transcode":
            self._turn("asked for")
        elif codec not in CARRIED:
            self._turn(f"WebRTC does not carry {_spoken(codec)}", hard=True)
        else:
            self._judge(sps)
            if announces_b(sps):
                self._turn("its headers announce B-frames")

    def check(self, unit: AccessUnit, now: float) -> str:
        """Looks at one more picture. "" or why it goes the other way from this picture on."""
        if self._over() or not unit.has_slices:
            return ""
        if self._first is None:
            self._first = now
        if unit.has_b:
            self._turn("it has B-frames", hard=True)
        elif unit.key:
            self._key(now)
            if unit.sps is None:
                self._turn("it is not known how many bits it has", hard=True)
            self._judge(unit.sps)
        else:
            self._look_at_keys(now)
        return (self.impossible or self.why) if self._over() else ""

    def wish(self, now: float) -> None:
        """A viewer has asked for a key frame, which a source that is only read cannot give."""
        if self._asked is None:
            self._asked = now

    def _over(self) -> bool:
        return self.way == "transcoded" or self.impossible != ""

    def _key(self, now: float) -> None:
        if self._last_key is not None:
            self._apart = now - self._last_key
        self._last_key = now
        self._asked = None

    def _look_at_keys(self, now: float) -> None:
        last = self._last_key if self._last_key is not None else self._first
        if self._last_key is None and last is not None and now - last > NO_KEY:
            self._turn(f"no key frame that a viewer could begin with for {NO_KEY:.0f} s")
        elif self._asked is not None and (
            now - self._asked > KEYS_APART or self._apart > KEYS_APART
        ):
            self._turn(f"its key frames are more than {KEYS_APART:.0f} s apart")

    def _judge(self, sps: Sps | None) -> None:
        if self._look.rotation % 360:
            self._turn(f"it is to be turned by {self._look.rotation:.0f} degrees")
        shape = self._look.sar if self._look.sar > 0 else 1.0
        if sps is not None:
            shape = sps.sar if sps.sar != 1.0 else shape
            if reason := _not_carried(self._codec, sps):
                self._turn(reason, hard=True)
            elif sps.interlaced:
                self._turn("it is interlaced")
            elif max(sps.width, sps.height) > LONG_SIDE or min(sps.width, sps.height) > SHORT_SIDE:
                self._turn(f"{sps.width}x{sps.height} is larger than viewers decode")
        if abs(shape - 1) > ODD_PIXELS:
            self._turn("its pixels are not square")

    def _turn(self, why: str, *, hard: bool = False) -> None:
        """hard: nobody could watch it as it is, whoever asks for that."""
        if self._over():
            return
        if self._mode == "passthrough":
            self.impossible = why if hard else ""
            return
        self.way, self.why = "transcoded", why


def announces_b(sps: Sps | None) -> bool:
    """Whether this H.264 says that pictures have to wait for later ones."""
    return sps is not None and sps.profile != BASELINE and (sps.reorder_frames or 0) > 0


def _not_carried(codec: str, sps: Sps) -> str:
    what = f"WebRTC does not carry {_spoken(codec)}"
    if sps.bit_depth != 8:
        return f"{what} of {sps.bit_depth} bits"
    if sps.chroma not in (0, 1):
        return f"{what} 4:{'2:2' if sps.chroma == 2 else '4:4'}"
    if codec == "h264" and sps.profile not in (BASELINE, MAIN, HIGH):
        return f"{what} of profile {sps.profile}"
    return ""


def _spoken(codec: str) -> str:
    return {"h264": "H.264", "hevc": "H.265", "mjpeg": "MJPEG", "mpeg4": "MPEG-4"}.get(
        codec, codec.upper()
    )
