"""One answer of the checkpoint's code in the making: text through the tap, speech beside it."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch

from models.minicpmo.backend import End, Piece, Sampling, Speech, SpeechFailed, Text
from models.minicpmo.prompt_state import GENERATION_PROMPT, PromptState
from models.minicpmo.speaker_voice import SpeakerVoice
from models.minicpmo.token_tap import Stopped, TokenTap
from models.minicpmo.token_text import TokenText
from models.runtime.failures import described, is_device_lost, is_out_of_memory

log = logging.getLogger("engine")

Put = Callable[[Piece], None]

ROUNDING = 20
"""Tokens that the code may make beyond ``max_new_tokens``; the tap ends it before."""


@dataclass(slots=True)
class Parts:
    """What there is once a model has been loaded."""

    model: Any
    tap: TokenTap
    state: PromptState
    voice: SpeakerVoice
    speaks: bool


class RemoteAnswer:
    """One answer in the making."""

    def __init__(self, parts: Parts, sampling: Sampling) -> None:
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
