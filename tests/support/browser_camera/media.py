"""What a source delivers: pictures and sound with times, without end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SOUND_RATE = 48_000
"""Samples a second of every `Sound`."""


class MediaError(Exception):
    """A source cannot be read; the text is one line that names it and says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame: planes is I420, (height * 3 / 2, width) uint8, both even; time in seconds."""

    time: float
    width: int
    height: int
    planes: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of mono sound: samples is (n,) int16 at SOUND_RATE; time of the first in seconds."""

    time: float
    samples: NDArray[np.int16]


class Reader(Protocol):
    """Reads a source piece by piece, from one thread at a time; blocks while it works.

    Times grow per kind from about 0 on, also over the seam where a source begins again.
    """

    has_sound: bool

    def read(self) -> Picture | Sound:
        """The next piece. Raises MediaError when there is none to be had any more."""

    def close(self) -> None:
        """Releases what it holds. Idempotent."""
