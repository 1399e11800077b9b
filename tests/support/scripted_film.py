"""What a scripted reader shows: real H.264 with a burnt-in clock, and a beep every second."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from ingress.reader.messages import Sound, Unit
from tests.support import burnt_clock
from tests.support.tones import tone

if TYPE_CHECKING:
    from tests.support.scripted_actor import Actor

RATE = 48_000
PIECE = 1024
"""Samples of one piece of sound, as AAC has them."""

BEEP = 0.1


class _Encoder:
    def __init__(self, width: int, height: int) -> None:
        context = VideoCodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = width, height, "yuv420p"
        context.time_base, context.framerate = Fraction(1, 1_000_000), Fraction(30, 1)
        context.thread_count, context.gop_size, context.max_b_frames = 1, 10_000, 0
        options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
        context.options = options | {"forced-idr": "1"}
        self._context = context

    def encode(self, planes: np.ndarray[tuple[int, int], np.dtype[np.uint8]], now: float) -> bytes:
        frame = av.VideoFrame.from_numpy_buffer(planes, format="yuv420p")
        frame.pts, frame.time_base = round(now * 1_000_000), Fraction(1, 1_000_000)
        if self.key:
            frame.pict_type = PictureType.I
        return b"".join(bytes(packet) for packet in self._context.encode(frame))

    key = True


def film(
    actor: Actor,
    seconds: float,
    *,
    codec: str = "h264",
    width: int = 640,
    height: int = 360,
    fps: float = 30.0,
    gop: float = 1.0,
    sound: bool = False,
    batch: int = 1,
) -> None:
    """Shows it for so long. batch: pictures that come at once.

    A beep begins at every whole second of the clock that the pictures show.
    """
    actor.open(codec=codec, width=width, height=height, fps=fps, sound="aac" if sound else "")
    encoder = _Encoder(width, height)
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    begin = time.monotonic()
    voice = _Voice(begin)
    last_key = float("-inf")
    number = 0
    waiting: list[Unit] = []
    while (now := time.monotonic()) < begin + seconds:
        encoder.key = now - last_key >= gop - 0.5 / fps
        last_key = now if encoder.key else last_key
        planes[:height] = 60
        left = number * 6 % (width - 40)
        planes[height // 2 : height // 2 + 40, left : left + 40] = 220
        burnt_clock.burn(planes[:height], number, now)
        data = encoder.encode(planes, now)
        key = encoder.key
        waiting.append(Unit(key, width, height, now, now, data))
        number += 1
        if len(waiting) >= batch:
            for unit in waiting:
                actor.send(replace(unit, arrived=time.monotonic()))
            waiting.clear()
        due = begin + number / fps
        while True:
            while sound and (piece := voice.next(time.monotonic())):
                actor.send(piece)
            if (rest := due - time.monotonic()) <= 0:
                break
            actor.orders(min(rest, 0.005) if sound else rest)


class _Voice:
    def __init__(self, begin: float) -> None:
        self._time = begin

    def next(self, now: float) -> Sound | None:
        """The next piece that a source with this clock would have sent by now."""
        begin = self._time
        if begin + PIECE / RATE > now:
            return None
        self._time += PIECE / RATE
        phase = (begin + np.arange(PIECE) / RATE) % 1.0
        burst = tone(BEEP, 1000, RATE)
        places = np.minimum((phase * RATE).astype(int), len(burst) - 1)
        samples = np.where(phase < BEEP, burst[places], 0).astype("<i2")
        return Sound(begin, now, samples.tobytes())
