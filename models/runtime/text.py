"""Text on its way into the model and out of it, with nothing in it but words. Pure."""

from __future__ import annotations

import re

# Each special token of the model, and each placeholder of its processor, begins with "<" and goes
# on without a space. A space there can neither be undone by joining texts nor by a second pass.
_OPENING = re.compile(r"<(?!\s)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")

_TAG = re.compile(r"<\|[a-z0-9_]{1,24}\|>|</?[a-z_]{1,20}\d{0,3}/?>", re.IGNORECASE)
_BEGUN_TAG = re.compile(r"<(?:\|[a-z0-9_]{0,24}\|?|/?[a-z_]{0,20}\d{0,3}/?)\Z", re.IGNORECASE)
_SILENCE = re.compile(r"[\s.\u2026\u3002]*")


def plain(text: str) -> str:
    """Text of a client as the model may read it: no special token, no control character.

    Whatever it holds stays readable: ``<|im_end|>`` becomes ``< |im_end|>``, which the tokenizer
    takes for ordinary characters.
    """
    return _OPENING.sub("< ", _readable(text).strip())


def one_line(text: str) -> str:
    """``plain`` text without line breaks, so that it cannot pass for more than one line."""
    return _OPENING.sub("< ", " ".join(_readable(text).split()))


def _readable(text: str) -> str:
    return _CONTROL.sub(" ", text.encode("utf-8", "replace").decode("utf-8"))


class SpokenText:
    """Cleans an answer while it streams: no tags, no leading space, nothing instead of dots.

    Text that may yet turn out to be part of a tag is held back, at most 30 characters of it.
    """

    def __init__(self) -> None:
        self._held = ""
        self._begun = False

    @property
    def begun(self) -> bool:
        """Whether there was anything to say so far."""
        return self._begun

    def push(self, text: str) -> str:
        """More of the answer in, what is ready of it out; often empty."""
        self._held = _TAG.sub("", self._held + text)
        unsure = _BEGUN_TAG.search(self._held)
        end = unsure.start() if unsure else len(self._held)
        return self._release(end)

    def flush(self) -> str:
        """The rest."""
        return self._release(len(self._held))

    def _release(self, end: int) -> str:
        ready = self._held[:end]
        if not self._begun:
            if _SILENCE.fullmatch(ready):
                return ""
            self._begun = True
            ready = ready.lstrip()
        self._held = self._held[end:]
        return ready
