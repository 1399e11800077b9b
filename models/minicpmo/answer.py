"""One answer of the checkpoint's code in the making: text token by token, speech beside it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

import numpy as np
import torch

from models.minicpmo.prompt_state import GENERATION_PROMPT, PromptState
from models.minicpmo.token_hooks import TokenHooks
from models.runtime.failures import described, is_device_lost
from models.runtime.outgoing import Outgoing
from models.runtime.sampling import Sampling
from models.runtime.token_text import TokenText

log = logging.getLogger("engine")

TEMPERATURE, TOP_P, TOP_K = 0.7, 0.8, 100
"""The model's own choice."""
ROUNDING = 20
"""Tokens that the code may make beyond ``max_new_tokens``; the hooks end it before."""


class Answer:
    """Used once."""

    def __init__(
        self,
        model: Any,
        hooks: TokenHooks,
        state: PromptState,
        sampling: Sampling,
        check: Callable[[], None],
    ) -> None:
        self._model = model
        self._hooks = hooks
        self._state = state
        self._sampling = sampling
        self._check = check
        self._text = TokenText(model.processor.tokenizer)

    def make(self, outgoing: Outgoing, *, speech: bool) -> None:
        """All but the end. Raises Stopped, and what the model's code does."""
        # A request without a seed must not go on where one with a seed has left off.
        seed = self._sampling.seed
        torch.seed() if seed is None else torch.manual_seed(seed)
        try:
            if not speech:
                self._run(outgoing, [], speech=False)
            elif failed := self._spoken(outgoing):
                log.warning("speech failed: %s", failed)
                outgoing.mute(failed)
                if not self._hooks.ended:
                    self._state.rewind()
                    self._run(outgoing, self._hooks.tokens, speech=False)
        finally:
            self._hooks.disarm()
        outgoing.say(self._text.flush())

    def _spoken(self, outgoing: Outgoing) -> str:
        """Why speech failed; empty when all has been said. Raises what else goes wrong."""
        try:
            self._run(outgoing, [], speech=True)
        except Exception as error:
            if self._hooks.part == "text" or is_device_lost(error):
                raise
            return described(error)
        return ""

    def _run(self, outgoing: Outgoing, so_far: list[int], *, speech: bool) -> None:
        """The code's own text is left aside: every token of it has passed the hooks."""
        self._hooks.arm(self._sampling, lambda token: outgoing.say(self._text.push(token)), so_far)
        try:
            with closing(self._pieces(speech)) as pieces:
                for wave, _text in pieces:
                    if speech:
                        outgoing.speak(_samples(wave))
                    self._check()
        except (ValueError, RuntimeError) as error:
            # How the code ends an answer without a single token.
            hooks = self._hooks
            if not (hooks.fresh and hooks.part == "text" and "torch.cat" in str(error)):
                raise

    def _pieces(self, speech: bool) -> Generator[tuple[Any, Any], None, None]:
        sampling = self._sampling
        temperature = TEMPERATURE if sampling.temperature is None else sampling.temperature
        pieces: Generator[tuple[Any, Any], None, None] = self._model.streaming_generate(
            session_id=self._state.session,
            bos_input=GENERATION_PROMPT,
            generate_audio=speech,
            max_new_tokens=sampling.max_tokens + ROUNDING,
            enable_thinking=False,
            use_tts_template=True,
            do_sample=temperature > 0,
            temperature=temperature or 1.0,
            top_p=TOP_P if sampling.top_p is None else sampling.top_p,
            top_k=TOP_K,
            repetition_penalty=1.0,  # the hooks do it
        )
        return pieces


def _samples(wave: torch.Tensor) -> np.ndarray[Any, np.dtype[np.float32]]:
    """float32 of shape (n,). Raises ArithmeticError for samples that are no finite numbers."""
    samples: np.ndarray[Any, np.dtype[np.float32]] = wave.reshape(-1).float().cpu().numpy()
    if not np.isfinite(samples).all():
        raise ArithmeticError("the vocoder made samples that are no numbers")
    return samples
