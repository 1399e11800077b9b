"""Sounds whose beginning, end and name can be read off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RAMP = 0.003
"""Seconds in which a tone swells and fades, so that no codec rings."""

LEVEL = 0.4

NAMES = 16
"""So many tones can be told apart."""


def tone(seconds: float, hz: float, rate: int) -> NDArray[np.int16]:
    """A sine of this frequency with clear edges: (seconds * rate,) int16."""
    count = round(seconds * rate)
    wave = np.sin(2 * np.pi * hz * np.arange(count) / rate)
    ramp = max(min(round(RAMP * rate), count // 2), 1)
    shape = np.ones(count)
    shape[:ramp] = np.linspace(0, 1, ramp)
    shape[-ramp:] = np.linspace(1, 0, ramp)
    return np.asarray(wave * shape * LEVEL * 32767, np.int16)


def named_tone_hz(number: int) -> float:
    """The frequency that says `number`, modulo NAMES."""
    return 400.0 * 1.06 ** (number % NAMES)


def number_of_tone(hz: float) -> int | None:
    """The number, modulo NAMES, that a tone of about this frequency says; None for none."""
    number = round(np.log(max(hz, 1.0) / 400.0) / np.log(1.06))
    if not 0 <= number < NAMES or abs(named_tone_hz(number) / hz - 1) > 0.025:
        return None
    return int(number)
