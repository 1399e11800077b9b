"""Which voice the vocoder speaks with."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from models.engine import HEARING_RATE, EngineError
from models.runtime.bounded_cache import BoundedCache
from models.runtime.failures import described, is_device_lost, is_out_of_memory
from models.runtime.parts import Sound, content_key

LEAST_SAMPLES = HEARING_RATE
KEPT_VOICES = 8
KEPT_BYTES = 4 << 30
"""In the computer's memory: at full size a voice takes 100 MiB for each second of its recording,
and the device has room for one."""

_OF_VOCODER = ("cache", "_stream_prompt")
"""What the vocoder itself remembers of a voice, besides what the model does."""


class SpeakerVoice:
    """The voice of one model. Everything here runs in the model's thread."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._voices: BoundedCache[dict[str, Any]] = BoundedCache(KEPT_BYTES, KEPT_VOICES)
        self._current = b""

    @property
    def is_set(self) -> bool:
        return bool(self._current)

    def use(self, reference: Sound) -> None:
        """Raises EngineError for a recording of no use, and what a device raises."""
        key = content_key([reference])
        if key == self._current:
            return
        kept = self._voices.get(key)
        if kept is None:
            kept = self._learned(reference)
            self._voices.put(key, kept, _bytes(kept))
        else:
            self._take(kept)
        self._current = key

    def rest(self) -> None:
        """Frees what the vocoder has kept of an answer, which is more than a voice takes."""
        if self._current:
            self._model.tts.audio_tokenizer.stream_cache = None

    def forget(self) -> None:
        """Frees the memory that voices take."""
        self._voices.clear()
        self._current = b""

    def _learned(self, reference: Sound) -> dict[str, Any]:
        samples = reference.samples
        if len(samples) < LEAST_SAMPLES or not np.isfinite(samples).all():
            raise EngineError("a voice needs at least 1 s of sound, all of it finite numbers")
        self._current, self._model.token2wav_cache = b"", None
        vocoder = self._model.tts.audio_tokenizer
        try:
            with _leftovers_removed(), redirect_stdout(io.StringIO()):
                self._model.init_token2wav_cache(samples)
        except Exception as error:
            if is_out_of_memory(error) or is_device_lost(error):
                raise
            reason = described(error)
            raise EngineError(f"the recording cannot be used as a voice: {reason}") from error
        kept = {name: getattr(vocoder, name) for name in _OF_VOCODER if hasattr(vocoder, name)}
        parked: dict[str, Any] = _parked(kept | {"": self._model.token2wav_cache})
        return parked

    def _take(self, kept: dict[str, Any]) -> None:
        """The model clones this for each answer, and the vocoder only reads it."""
        self._current, self._model.token2wav_cache = b"", None
        placed = _placed(kept)
        for name in _OF_VOCODER:
            if name in placed:
                setattr(self._model.tts.audio_tokenizer, name, placed[name])
        self._model.token2wav_cache = placed[""]


@dataclass(frozen=True, slots=True)
class _Parked:
    """A tensor in the computer's memory that belongs elsewhere."""

    tensor: torch.Tensor
    device: torch.device


def _parked(thing: Any) -> Any:
    """The same with all its tensors in the computer's memory."""
    return _mapped(thing, torch.Tensor, lambda tensor: _Parked(tensor.cpu(), tensor.device))


def _placed(thing: Any) -> Any:
    """The same with all its tensors where they belong."""
    return _mapped(thing, _Parked, lambda parked: parked.tensor.to(parked.device))


def _mapped(thing: Any, kind: type, change: Callable[[Any], Any]) -> Any:
    if isinstance(thing, kind):
        return change(thing)
    if isinstance(thing, dict):
        return {key: _mapped(value, kind, change) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return type(thing)(_mapped(value, kind, change) for value in thing)
    return thing


def _bytes(thing: Any) -> int:
    if isinstance(thing, _Parked):
        return int(thing.tensor.nbytes)
    if isinstance(thing, dict | list | tuple):
        return sum(map(_bytes, thing.values() if isinstance(thing, dict) else thing))
    return 0


@contextmanager
def _leftovers_removed() -> Iterator[None]:
    """The model's code writes the recording to a temporary file and leaves it there."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory() as tempfile.tempdir:
        try:
            yield
        finally:
            tempfile.tempdir = before
