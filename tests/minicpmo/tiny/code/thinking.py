"""The language model: a real Qwen3 with random weights, which is led to say what the script says.

What is in the context is read from the keys and values themselves: the values of the first layer
depend on one token each. So whatever has been left in the cache shows in the answer.
"""

from __future__ import annotations

import functools
import itertools
import time
from typing import Any

import torch
from transformers import Qwen3ForCausalLM

from .script import COLOURS, LOUDNESS, answer, faults, next_token

OPENING = "<|tts_bos|>"
END = "<|tts_eos|>"
BEFORE_FAULT = 3
LEAD = 60.0


class LedLM(Qwen3ForCausalLM):
    """``tokenizer`` has to be set before an answer is made."""

    tokenizer: Any = None
    faults: frozenset[str] = frozenset()

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Adds to the logits of the last position."""
        out = super().forward(*args, **kwargs)
        if self.tokenizer is None or out.past_key_values is None:
            return out
        ids = self._context(out.past_key_values)
        opening = self.tokenizer.convert_tokens_to_ids(OPENING)
        if opening in ids:
            at = len(ids) - 1 - ids[::-1].index(opening)
            self._lead(out.logits, tuple(ids[:at]), ids[at + 1 :])
        return out

    def _lead(self, logits: torch.Tensor, before: tuple[int, ...], made: list[int]) -> None:
        text = self._text(before)
        self.faults = faults(text)
        if len(made) >= BEFORE_FAULT:
            fail(self.faults)
        if "slow" in self.faults:
            time.sleep(0.02)
        script = self._script(text)
        if script is not None:
            end = self.tokenizer.convert_tokens_to_ids(END)
            logits[:, -1, next_token(script, made, end)] += LEAD

    @functools.lru_cache(maxsize=4)  # noqa: B019 - there is one model
    def _script(self, text: str) -> list[int] | None:
        said = answer(text)
        return None if said is None else list(self.tokenizer.encode(said))

    @functools.lru_cache(maxsize=4)  # noqa: B019
    def _text(self, ids: tuple[int, ...]) -> str:
        """Pictures and sounds as single words."""
        named = seen_and_heard(self.tokenizer)
        text = ""
        for name, group in itertools.groupby(ids, key=named.get):
            text += name if name is not None else self.tokenizer.decode(list(group))
        return text

    def _context(self, cache: Any) -> list[int]:
        values = cache.value_cache[0][0].transpose(0, 1).flatten(1)
        return [int(at) for at in torch.cdist(values.float(), self._values()).argmin(dim=1)]

    @functools.lru_cache(maxsize=1)  # noqa: B019
    def _values(self) -> torch.Tensor:
        """What the first layer's values of each token are."""
        layer = self.model.layers[0]
        states = layer.input_layernorm(self.model.embed_tokens.weight)
        table: torch.Tensor = layer.self_attn.v_proj(states).float()
        return table


def seen_and_heard(tokenizer: Any) -> dict[int, str]:
    """The words that stand for pictures and sounds in the context, by token."""
    return {tokenizer.convert_tokens_to_ids(f"<|{word}|>"): word for word in (*COLOURS, *LOUDNESS)}


def fail(names: frozenset[str]) -> None:
    """Raises what ``names`` ask for."""
    if "oom" in names:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
    if "cuda" in names:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")
