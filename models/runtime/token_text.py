"""Token ids to text, token by token, whole characters only, for any tokenizer. Pure."""

from __future__ import annotations

from typing import Any

_UNFINISHED = "\ufffd"
_AS_IT_IS = {"clean_up_tokenization_spaces": False}


class TokenText:
    """Decodes one answer; its pieces joined are what the tokenizer makes of all tokens at once.

    Tokens are decoded together with those of the last piece, since some tokenizers drop a space
    that begins a text.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._begin = 0
        self._end = 0

    def push(self, token: int) -> str:
        """What ``token`` completes, often empty within a character of several bytes."""
        self._ids.append(token)
        return self._more(final=False)

    def flush(self) -> str:
        """What was held back: a sign for a character that was never finished, or nothing."""
        return self._more(final=True)

    def _more(self, *, final: bool) -> str:
        known = self._decoded(self._ids[self._begin : self._end])
        text = self._decoded(self._ids[self._begin :])
        if len(text) <= len(known) or (text.endswith(_UNFINISHED) and not final):
            return ""
        self._begin, self._end = self._end, len(self._ids)
        return text[len(known) :]

    def _decoded(self, ids: list[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True, **_AS_IT_IS))
