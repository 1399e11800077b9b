"""From the pieces that a backend makes to the pieces that a client gets. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.engine import AudioDelta, Delta, Finished, Notice, TextDelta
from models.minicpmo.backend import End, Piece, Speech, SpeechFailed, Text
from models.runtime.text import SpokenText, one_line


class Answer:
    """Translates one answer.

    Text is cleaned; an answer of nothing but dots is none, and has no speech either. After speech
    has failed the text goes on alone.
    """

    def __init__(self) -> None:
        self._text = SpokenText()
        self._waiting: list[AudioDelta] = []
        self._mute = False
        self.finished = False

    def translate(self, piece: Piece) -> Iterator[Delta]:
        """What ``piece`` adds to the answer."""
        if isinstance(piece, Text):
            yield from self._said(self._text.push(piece.text))
        elif isinstance(piece, Speech):
            yield from self._spoken(piece.samples)
        elif isinstance(piece, SpeechFailed):
            yield from self._failed(piece.reason)
        else:
            yield from self._end(piece)

    def _said(self, text: str) -> Iterator[Delta]:
        if text:
            yield TextDelta(text)
            yield from self._waiting
            self._waiting.clear()

    def _spoken(self, samples: NDArray[np.float32]) -> Iterator[Delta]:
        if self._mute or not len(samples):
            return
        if not np.isfinite(samples).any():
            yield from self._failed("the model made samples that are no numbers")
        elif self._text.begun:
            yield AudioDelta(pcm16(samples))
        else:
            self._waiting.append(AudioDelta(pcm16(samples)))

    def _failed(self, reason: str) -> Iterator[Delta]:
        if not self._mute:
            self._mute = True
            yield Notice(f"speech failed: {one_line(reason)}; the text goes on")

    def _end(self, end: End) -> Iterator[Delta]:
        self.finished = True
        yield from self._said(self._text.flush())
        yield Finished(end.reason, end.prompt_tokens, end.completion_tokens)


def pcm16(samples: NDArray[np.float32]) -> bytes:
    """Float samples in [-1, 1] as int16 little endian; louder ones are clipped, NaN is silence."""
    finite = np.nan_to_num(np.asarray(samples, np.float32), nan=0.0, posinf=1.0, neginf=-1.0)
    return (np.clip(finite, -1.0, 1.0) * 32767).round().astype("<i2").tobytes()
