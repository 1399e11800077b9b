"""Decides whether a source's pictures go on as they are, or must be decoded and encoded anew."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

import av
from av import VideoFrame
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

from ingress.reader.h264 import AccessUnit
from ingress.reader.messages import Way
from ingress.reader.shape import UPRIGHT, orientation

Mode = Literal["auto", "passthrough", "transcode"]

PASSED = "h264"
"""The codec, by FFmpeg's name, that cameras send and all viewers decode as it comes. The 10 bits of
some end a subscriber in Python, and of H.265 none saw anything."""

MOST_PIXELS = 2592 * 1944
"""Seen to be decoded as they came, by Chromium and by a subscriber in Python
(tests/room/test_relay_codecs.py); more is the work of a whole core at each viewer."""

NO_KEY = 6.5
"""Seconds of pictures without one that a viewer can begin with, after which they are encoded
anew. Cameras are often set to one every 1, 2, 4 or 5 s."""

KEYS_APART = 4.5
"""Seconds that a viewer who has asked for a keyframe may wait for the source's next one."""

LEAP = 10.0
"""Seconds between the times of two pictures above which these have leapt and say nothing."""

ODD_PIXELS = 0.02
"""Share by which pixels may be wider or higher than square before anybody sees it."""

KEPT = 32 * 1024 * 1024
"""Bytes of packets since the last keyframe that are kept, should they have to be decoded."""

ADVICE = "set the camera to one every 1 to 2 s"


@dataclass(frozen=True, slots=True)
class Format:
    """What a decoded keyframe says of the pictures. Sizes in pixels; aspect: a pixel's width by
    its height; reorders: pictures have to wait for later ones; upright: not to be turned.
    """

    width: int
    height: int
    format: str = "yuv420p"
    aspect: float = 1.0
    interlaced: bool = False
    reorders: bool = False
    upright: bool = True

    @classmethod
    def of(cls, frame: VideoFrame, decoder: VideoCodecContext, *, aspect: float) -> Format:
        """Of this picture and its decoder; aspect as the container says it."""
        aspect = float(decoder.sample_aspect_ratio or aspect)
        reorders = bool(decoder.has_b_frames) and "Baseline" not in (decoder.profile or "")
        kind = (frame.width, frame.height, frame.format.name, aspect)
        return cls(*kind, frame.interlaced_frame, reorders, orientation(frame) == UPRIGHT)


class Passthrough:
    """The way of one source. It begins with a decision and may turn to `transcoded` once, for good.

    way, why: as in `Opened`. impossible: "" or, with mode `passthrough`, why it cannot be done;
    then the source has failed. Times in seconds.
    """

    def __init__(self, codec: str, mode: Mode = "auto", *, upright: bool = True) -> None:
        """codec by FFmpeg's name; upright: False where somebody wants the picture turned."""
        self._mode: Mode = mode
        self.way: Way = "passthrough"
        self.why = f"{_spoken(codec)} that WebRTC carries"
        self.impossible = ""
        self._now = 0.0
        self._last: tuple[float | None, float] | None = None
        self._asked: float | None = None
        self._key: float | None = None
        self._apart: deque[float] = deque(maxlen=3)
        if mode == "transcode":
            self._turn("asked for")
        elif codec != PASSED:
            self._turn(f"WebRTC does not carry {_spoken(codec)}", hard=True)
        elif not upright:
            self._turn("it is to be turned", hard=True)

    def check(
        self, unit: AccessUnit, pts: float | None, arrived: float, form: Format | None = None
    ) -> str:
        """Takes one more picture; pts: its own time; form: where it says something new. "" or why
        it goes the other way from this picture on.
        """
        if self._over() or not unit.has_slices:
            return ""
        self._pass_time(pts, arrived)
        if form is not None:
            self._judge(form)
        if unit.has_b:
            self._turn("it has B-frames", hard=True)
        elif unit.key:
            if self._key is not None:
                self._apart.append(self._now - self._key)
            self._key, self._asked = self._now, None
        else:
            self._look_at_keys()
        return (self.impossible or self.why) if self._over() else ""

    def wish(self) -> None:
        """A viewer has asked for a keyframe, which a source that is only read cannot give."""
        self._asked = self._now if self._asked is None else self._asked

    def _over(self) -> bool:
        return self.way == "transcoded" or self.impossible != ""

    def _pass_time(self, pts: float | None, arrived: float) -> None:
        """Time passes by the pictures' own times: a burst after a hold-up is no second GOP."""
        if self._last is not None:
            before, then = self._last
            step = pts - before if pts is not None and before is not None else -1.0
            self._now += step if 0 <= step <= LEAP else max(arrived - then, 0.0)
        self._last = (pts, arrived)

    def _look_at_keys(self) -> None:
        if self._key is None:
            if self._now > NO_KEY:
                self._turn(f"no keyframe for {NO_KEY:g} s: {ADVICE}")
            return
        usual = median(self._apart) if self._apart else 0.0
        # One that got lost on the way says nothing of the next ones.
        patience = 2 * KEYS_APART if usual else KEYS_APART
        if self._asked is None or (usual <= KEYS_APART and self._now - self._asked <= patience):
            return
        apart = max(usual, self._now - self._key)
        self._turn(f"its keyframes are {apart:.0f} s apart: {ADVICE}")

    def _judge(self, form: Format) -> None:
        if not form.upright:
            self._turn("it is to be turned")
        if form.format not in ("yuv420p", "yuvj420p", "gray"):
            self._turn(f"WebRTC does not carry H.264 of {form.format}", hard=True)
        elif form.interlaced:
            self._turn("it is interlaced")
        elif form.width * form.height > MOST_PIXELS:
            self._turn(f"{form.width}x{form.height} is larger than viewers decode")
        elif abs(form.aspect - 1) > ODD_PIXELS:
            self._turn("its pixels are not square")
        elif form.reorders:
            self._turn("its headers announce B-frames")

    def _turn(self, why: str, *, hard: bool = False) -> None:
        """hard: nobody could watch it as it is, whoever asks for that."""
        if self._over():
            return
        if self._mode == "passthrough":
            self.impossible = why if hard else ""
            return
        self.way, self.why = "transcoded", why


def _spoken(codec: str) -> str:
    return {"h264": "H.264", "hevc": "H.265", "mjpeg": "MJPEG", "mpeg4": "MPEG-4"}.get(
        codec, codec.upper()
    )


class Gop:
    """Packets since the last keyframe, as long as they are not too many."""

    def __init__(self) -> None:
        self._packets: list[Packet[Any]] = []
        self._bytes = 0

    def add(self, packet: Packet[Any], *, key: bool) -> None:
        """The next packet."""
        if key:
            self.clear()
        elif not self._packets or self._bytes > KEPT:
            return
        self._packets.append(packet)
        self._bytes += packet.size

    def clear(self) -> list[Packet[Any]]:
        """Gives them up; nothing where some of them are missing, since they are of no use then."""
        packets, self._packets = self._packets, []
        whole, self._bytes = self._bytes <= KEPT, 0
        return packets if whole else []


def decode_alone(decoder: VideoCodecContext, data: bytes) -> VideoFrame | None:
    """The picture of this keyframe, by a decoder that is not at work; None where there is none."""
    try:
        frames = [*decoder.decode(Packet(data)), *decoder.decode(None)]
    except MemoryError:
        raise
    except av.FFmpegError:
        return None
    finally:
        decoder.flush_buffers()
    return frames[0] if frames else None
