"""Sound as a room gives it."""

from __future__ import annotations

import numpy as np
from livekit import rtc


def frames(
    seconds: float, *, rate: int = 48_000, channels: int = 1, hertz: float = 440, level: float = 0.3
) -> list[rtc.AudioFrame]:
    """A tone in frames of 10 ms, as a room gives them."""
    times = np.arange(round(seconds * rate)) / rate
    tone = (level * 32767 * np.sin(2 * np.pi * hertz * times)).astype("<i2")
    size = rate // 100
    return [
        rtc.AudioFrame(
            data=np.repeat(tone[at : at + size], channels).tobytes(),
            sample_rate=rate,
            num_channels=channels,
            samples_per_channel=len(tone[at : at + size]),
        )
        for at in range(0, len(tone), size)
    ]
