"""One answer on its way to the client: clean text, speech beside it, its end. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.engine import AudioDelta, Delta, Finished, Notice, TextDelta
from models.runtime.text import SpokenText, one_line


class Outgoing:
    """An answer of nothing but dots is none, and has no speech either."""

    def __init__(self, put: Callable[[Delta], object]) -> None:
        """``put`` takes the pieces for the client."""
        self._put = put
        self._text = SpokenText()
        self._early: list[AudioDelta] = []
        self.begun = False

    def notice(self, text: str) -> None:
        self._give(Notice(text))

    def mute(self, reason: str) -> None:
        """There is no speech, or no more of it."""
        self.notice(f"speech failed: {one_line(reason)}; the text goes on")

    def say(self, text: str) -> None:
        self._say(self._text.push(text))

    def speak(self, samples: NDArray[np.float32]) -> None:
        """Finite, 24 kHz mono; waits for the first word."""
        if len(samples):
            self._early.append(AudioDelta(pcm16(samples)))
        if self._text.begun:
            self._give_early()

    def end(
        self, reason: Literal["stop", "length"], prompt_tokens: int, completion_tokens: int
    ) -> None:
        self._say(self._text.flush())
        self._give(Finished(reason, prompt_tokens, completion_tokens))

    def _say(self, text: str) -> None:
        if text:
            self._give(TextDelta(text))
            self._give_early()

    def _give_early(self) -> None:
        for piece in self._early:
            self._give(piece)
        self._early.clear()

    def _give(self, delta: Delta) -> None:
        self.begun = True
        self._put(delta)


def pcm16(samples: NDArray[np.float32]) -> bytes:
    """Float samples in [-1, 1] as int16 little endian; louder ones are clipped."""
    return (np.clip(samples, -1.0, 1.0) * 32767).round().astype("<i2").tobytes()
