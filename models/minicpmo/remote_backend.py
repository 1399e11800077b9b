"""The backend that drives the code which comes with the checkpoint."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
import torch

from models.minicpmo.backend import (
    BackendError,
    End,
    Piece,
    Prompt,
    Sampling,
    Sound,
    Speech,
    SpeechFailed,
    Text,
)
from models.minicpmo.failures import as_backend_error, described, is_device_lost, is_out_of_memory
from models.minicpmo.loading import Loaded, Source, load
from models.minicpmo.prompt_state import GENERATION_PROMPT, PromptState
from models.minicpmo.relay import Relay
from models.minicpmo.speaker_voice import SpeakerVoice
from models.minicpmo.token_tap import Stopped, TokenTap
from models.minicpmo.token_text import TokenText

log = logging.getLogger("engine")

T = TypeVar("T")
Put = Callable[[Piece], None]

ROUNDING = 20
"""Tokens that the code may make beyond ``max_new_tokens``; the tap ends it before."""


@dataclass(slots=True)
class _Parts:
    """What there is once a model has been loaded."""

    model: Any
    tap: TokenTap
    state: PromptState
    voice: SpeakerVoice
    speaks: bool


class RemoteBackend:
    """One model, in a thread of its own."""

    def __init__(self, source: Source, loader: Callable[[Source], Loaded] = load) -> None:
        """``loader`` runs in the model's thread."""
        self._source = source
        self._loader = loader
        self._relay = Relay("minicpmo-model")
        self._parts: _Parts | None = None
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
        answer = _Answer(parts, sampling)

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

    def _loaded(self) -> _Parts:
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
        self._parts = _Parts(
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


class _Answer:
    """One answer in the making."""

    def __init__(self, parts: _Parts, sampling: Sampling) -> None:
        self._parts = parts
        self._tap = parts.tap
        self._sampling = sampling
        self._text = TokenText(parts.model.processor.tokenizer)

    def make(self, put: Put, speech: bool) -> None:
        """Puts all pieces, End included. Raises what the model's code does."""
        _seed(self._sampling.seed)
        try:
            so_far = self._spoken(put) if speech else []
            if so_far is not None:
                self._written(put, so_far)
        except Stopped:
            pass
        finally:
            self._tap.disarm()
        if rest := self._text.flush():
            put(Text(rest))
        reason: Literal["stop", "length"] = "length" if self._tap.capped else "stop"
        put(End(reason, self._parts.state.tokens, len(self._tap.tokens)))

    def _spoken(self, put: Put) -> list[int] | None:
        """Text and speech. The tokens so far, when speech has failed before the text was done."""
        self._arm(put, [])
        if self._parts.voice.is_set:
            reason = self._failure(put)
            if reason is None:
                return None
        else:
            reason = "no voice has been set"
        log.warning("speech failed: %s", reason)
        put(SpeechFailed(reason))
        if self._tap.ended:
            return None
        self._parts.state.rewind()
        return self._tap.tokens

    def _failure(self, put: Put) -> str | None:
        """Why speech failed, None when it did not. Raises what else goes wrong."""
        try:
            self._run(put, speech=True)
            return None
        except Exception as error:
            if self._tap.part == "text" or is_device_lost(error):
                raise
            reason, out_of_memory = described(error), is_out_of_memory(error)
        if out_of_memory:
            free_memory()
        return reason

    def _written(self, put: Put, so_far: list[int]) -> None:
        """Text alone, from where the answer is."""
        self._arm(put, so_far)
        self._run(put, speech=False)

    def _arm(self, put: Put, so_far: list[int]) -> None:
        def on_token(token: int) -> None:
            if text := self._text.push(token):
                put(Text(text))

        self._tap.arm(self._sampling, on_token, so_far)

    def _run(self, put: Put, *, speech: bool) -> None:
        """The code's own text is left aside: every token of it has gone through the tap."""
        pieces = self._generator(speech)
        try:
            for wave, _text in pieces:
                if speech:
                    put(Speech(_samples(wave)))
                self._tap.check()
        except (ValueError, RuntimeError) as error:
            # How the code ends an answer without a single token.
            if not (self._tap.fresh and self._tap.part == "text" and "torch.cat" in str(error)):
                raise
        finally:
            pieces.close()

    def _generator(self, speech: bool) -> Generator[tuple[Any, Any], None, None]:
        sampling = self._sampling
        generator: Generator[tuple[Any, Any], None, None] = self._parts.model.streaming_generate(
            session_id=self._parts.state.session,
            bos_input=GENERATION_PROMPT,
            generate_audio=speech,
            max_new_tokens=sampling.max_tokens + ROUNDING,
            enable_thinking=False,
            use_tts_template=True,
            do_sample=sampling.temperature > 0,
            temperature=sampling.temperature or 1.0,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            repetition_penalty=1.0,  # the tap does it
        )
        return generator


def free_memory() -> None:
    """Gives back what no tensor holds any more."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _samples(wave: torch.Tensor) -> np.ndarray[Any, np.dtype[np.float32]]:
    """float32 of shape (n,). Raises ArithmeticError for samples that are no finite numbers."""
    samples: np.ndarray[Any, np.dtype[np.float32]] = wave.reshape(-1).float().cpu().numpy()
    if not np.isfinite(samples).all():
        raise ArithmeticError("the vocoder made samples that are no numbers")
    return samples


def _seed(seed: int | None) -> None:
    """A request without a seed must not go on where one with a seed has left off."""
    if seed is None:
        torch.seed()
    else:
        torch.manual_seed(seed)
