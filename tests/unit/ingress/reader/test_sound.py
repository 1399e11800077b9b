"""What comes of sound that is odd. The decoder is a script; resampling is real."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from ingress.reader.sound import RATE, SoundDecoder


class Script:
    """A decoder that gives these frames, one for each packet."""

    def __init__(self, *frames: av.AudioFrame) -> None:
        self._frames = list(frames)

    def decode(self, _: object) -> list[av.AudioFrame]:
        return [self._frames.pop(0)] if self._frames else []

    def flush_buffers(self) -> None:
        """Nothing is held."""


def frame(rate: int, *, layout: str = "mono", pts: int | None = 0) -> av.AudioFrame:
    """20 ms."""
    count = (rate or 8000) // 50 * (2 if layout == "stereo" else 1)
    made = av.AudioFrame.from_ndarray(np.full((1, count), 9000, np.int16), "s16", layout)
    made.sample_rate, made.pts = rate, pts
    return made


def taken(*frames: av.AudioFrame) -> list[tuple[float | None, float]]:
    """Time and length of what comes of each."""
    script: Any = Script(*frames)
    decoder, packet = SoundDecoder(script), av.Packet(b"x")
    packet.time_base = Fraction(1, RATE)
    heard = [list(decoder.take(packet)) for _ in frames]
    return [(one[0][0], len(one[0][1]) / 2 / RATE) if one else (None, 0.0) for one in heard]


@pytest.mark.parametrize("before", [48_000, 8_000])
@pytest.mark.parametrize("after", [48_000, 16_000, 44_100])
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_sound_whose_kind_changes_keeps_its_speed(before: int, after: int, layout: str) -> None:
    said = taken(frame(before), frame(after, layout=layout), frame(after, layout=layout))
    assert sum(length for _, length in said[1:]) == pytest.approx(0.04, abs=0.003)


def test_what_cannot_be_resampled_is_passed_over() -> None:
    assert [length > 0.015 for _, length in taken(frame(48_000), frame(0), frame(48_000))] == [
        True,
        False,
        True,
    ]


def test_sound_without_a_time_follows_what_was_before_it() -> None:
    """As of several frames in one packet of RTP."""
    said = taken(frame(48_000, pts=48_000), frame(48_000, pts=None), frame(48_000, pts=None))
    assert [when for when, _ in said] == pytest.approx([1.0, 1.02, 1.04], abs=1e-3)
