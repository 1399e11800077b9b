"""One answer, token by token, by the ``generate`` that all models of transformers have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from transformers.generation.streamers import BaseStreamer

from models.runtime.sampling import Sampling
from models.runtime.token_text import TokenText


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an answer ended, and how many tokens it has."""

    reason: Literal["stop", "length"]
    tokens: int


class _Streamer(BaseStreamer):  # type: ignore[misc]
    """Takes tokens out of ``generate`` as they are made; the first it is given are the prompt."""

    def __init__(self, tokenizer: Any, say: Callable[[str], None]) -> None:
        self._text = TokenText(tokenizer)
        self._say = say
        self._begun = False
        self.tokens: list[int] = []

    def put(self, value: torch.Tensor) -> None:
        if not self._begun:
            self._begun = True
            return
        for token in value.flatten().tolist():
            self.tokens.append(token)
            self._say(self._text.push(token))

    def end(self) -> None:
        self._say(self._text.flush())


def speak(
    model: Any,
    tokenizer: Any,
    inputs: dict[str, Any],
    sampling: Sampling,
    say: Callable[[str], None],
) -> Outcome:
    """Makes one answer and hands its text to ``say`` as it is made; blocks until it is done.

    Raises Stopped where `models.runtime.stopping.make_stoppable` says so.
    """
    streamer = _Streamer(tokenizer, say)
    torch.seed() if sampling.seed is None else torch.manual_seed(sampling.seed)
    model.generate(**inputs, **options(sampling, model.generation_config), streamer=streamer)
    ended = bool(streamer.tokens) and streamer.tokens[-1] in ends(model.generation_config)
    cut = len(streamer.tokens) >= sampling.max_tokens and not ended
    return Outcome("length" if cut else "stop", len(streamer.tokens))


def options(sampling: Sampling, own: Any) -> dict[str, Any]:
    """Arguments for ``generate``; what is left open is as the model's own settings say."""
    found: dict[str, Any] = {"max_new_tokens": sampling.max_tokens, "use_cache": True}
    if own.pad_token_id is None and ends(own):
        found["pad_token_id"] = min(ends(own))
    if sampling.least:
        found["min_new_tokens"] = sampling.least
    if sampling.temperature == 0:
        return found | {"do_sample": False}
    if sampling.temperature is not None:
        found |= {"do_sample": True, "temperature": sampling.temperature}
    if sampling.top_p is not None:
        found |= {"do_sample": True, "top_p": sampling.top_p}
    return found


def ends(own: Any) -> frozenset[int]:
    """Tokens that end an answer."""
    end = own.eos_token_id
    return frozenset() if end is None else frozenset([end] if isinstance(end, int) else end)
