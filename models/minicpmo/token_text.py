"""Token ids to text, token by token: whole characters only, and no special tokens. Pure."""

from __future__ import annotations

import codecs
import functools
from typing import Any


class TokenText:
    """Decodes one answer of a byte-level tokenizer."""

    def __init__(self, tokenizer: Any) -> None:
        """``tokenizer`` is one of transformers' fast tokenizers, of the GPT-2 kind like Qwen's."""
        self._tokenizer = tokenizer
        self._added = frozenset(tokenizer.added_tokens_decoder)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def push(self, token: int) -> str:
        """What ``token`` completes, often empty within a character of several bytes."""
        if token in self._added:
            return ""
        text = self._tokenizer.convert_ids_to_tokens(token)
        if text is None:  # the embedding has more rows than the vocabulary has entries
            return ""
        table = _byte_of()
        return self._decoder.decode(bytes(table[letter] for letter in text))

    def flush(self) -> str:
        """A sign for the character that was never finished, or nothing."""
        return self._decoder.decode(b"", final=True)


@functools.cache
def _byte_of() -> dict[str, int]:
    """The byte that each letter in a token stands for: itself, or by a letter above 255."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    table = {chr(byte): byte for byte in plain}
    return table | {chr(256 + index): byte for index, byte in enumerate(others)}
