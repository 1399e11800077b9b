"""The backend that drives the code which comes with the checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from typing import TypeVar

import torch

from models.minicpmo.backend import BackendError, Piece, Sampling
from models.minicpmo.failures import as_backend_error
from models.minicpmo.loading import Loaded, Source, load
from models.minicpmo.prompt_state import PromptState
from models.minicpmo.relay import Relay
from models.minicpmo.remote_answer import Parts, Put, RemoteAnswer, free_memory
from models.minicpmo.speaker_voice import SpeakerVoice
from models.minicpmo.token_tap import TokenTap
from models.runtime.failures import described, is_device_lost, is_out_of_memory
from models.runtime.parts import Prompt, Sound

log = logging.getLogger("engine")

T = TypeVar("T")


class RemoteBackend:
    """One model, in a thread of its own."""

    def __init__(self, source: Source, loader: Callable[[Source], Loaded] = load) -> None:
        """``loader`` runs in the model's thread."""
        self._source = source
        self._loader = loader
        self._relay = Relay("minicpmo-model")
        self._parts: Parts | None = None
        self._ready = False

    @property
    def speaks(self) -> bool:
        return self._parts is not None and self._parts.speaks

    def load(self) -> None:
        self._call(self._load)

    def set_voice(self, reference: Sound) -> None:
        parts = self._loaded()
        if not parts.speaks:
            raise BackendError("this model has no vocoder")
        self._call(lambda: parts.voice.use(reference))

    def prefill(self, prompt: Prompt) -> int:
        parts = self._loaded()
        parts.tap.allow()
        self._ready = False
        self._call(lambda: parts.state.take(prompt))
        self._ready = True
        return parts.state.tokens

    def generate(self, sampling: Sampling, *, speech: bool) -> Generator[Piece, None, None]:
        parts = self._loaded()
        if not self._ready:
            raise BackendError("an answer needs a prompt of its own")
        self._ready = False
        answer = RemoteAnswer(parts, sampling)

        def work(put: Put) -> None:
            self._guarded(lambda: answer.make(put, speech))

        yield from self._relay.stream(work, parts.tap.stop)

    def stop(self) -> None:
        if self._parts is not None:
            self._parts.tap.stop()

    def reset(self) -> None:
        parts = self._loaded()
        self._ready = False
        self._call(parts.state.forget)

    def close(self) -> None:
        self.stop()
        if self._parts is not None:
            self._relay.call(self._unload)
        self._relay.close()

    def _loaded(self) -> Parts:
        if self._parts is None:
            raise BackendError("the model has not been loaded")
        return self._parts

    def _call(self, function: Callable[[], T]) -> T:
        return self._relay.call(lambda: self._guarded(function))

    def _guarded(self, function: Callable[[], T]) -> T:
        """In the model's thread. Raises nothing but BackendError."""
        try:
            with torch.inference_mode():
                return function()
        except Exception as error:
            failure = as_backend_error(error)
            out_of_memory, lost = is_out_of_memory(error), is_device_lost(error)
            if not isinstance(error, BackendError):
                how = None if out_of_memory or lost else error
                log.warning("the model failed: %s", described(error), exc_info=how)
        # Only here, where no frame of the model's code is held any more, can memory be given back.
        if out_of_memory:
            self._free()
        elif not lost and self._parts is not None:
            self._parts.state.forget()
        raise failure

    def _load(self) -> None:
        loaded = self._loader(self._source)
        model = loaded.model
        self._parts = Parts(
            model, TokenTap(model), PromptState(model), SpeakerVoice(model), not loaded.mute
        )

    def _free(self) -> None:
        if self._parts is not None:
            self._parts.state.forget()
            self._parts.state.forget_prefixes()
        free_memory()

    def _unload(self) -> None:
        self._parts = None
        free_memory()
