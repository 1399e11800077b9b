"""The tokenizer of the tiny model: bytes, a few hundred pieces of words, special tokens."""

from __future__ import annotations

from typing import Any

from transformers import Qwen2TokenizerFast


class MiniCPMOTokenizerFast(Qwen2TokenizerFast):
    """With the list of ids that are never to be chosen."""

    def __init__(self, **kwargs: Any) -> None:
        self._bad_token_ids = kwargs.pop("bad_token_ids", [])
        super().__init__(**kwargs)

    @property
    def bad_token_ids(self) -> list[int]:
        return list(self._bad_token_ids)
