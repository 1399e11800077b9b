"""Whether something said in a room is meant for the commentator. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

LIKE = 80.0
"""Likeness, of 100, from which words count as a wake word: recognisers write "press box"."""
SPREAD = 3
"""Words into which a recogniser may take a wake word apart."""

_GREETINGS = frozenset({"hey", "hi", "hello", "ok", "okay", "so", "dear"})
_WORD = re.compile(r"\w[\w'\u2019]*")
# Question marks of Latin, East Asian, Arabic and Greek, with or without a closing quote.
_ASKS = re.compile(r"[?\uff1f\u061f\u037e;]['\"\u201d\u2019)\s]*$")


def wake_words(setting: str) -> list[str]:
    """The words of the setting, which has commas between them."""
    return [word for part in setting.split(",") if (word := _plain(part))]


def addressed(text: str, words: Sequence[str]) -> str | None:
    """What is asked of the commentator: what stands behind a wake word ("" where nothing does), or
    all of a question; None where it is meant for somebody else.
    """
    found = list(_WORD.finditer(text))
    first = 1 if found and found[0].group().lower() in _GREETINGS else 0
    named, last = max(
        ((_likeness(found[first:end], words), end) for end in range(first + 1, first + SPREAD + 1)),
        key=lambda one: one[0],
    )
    if named >= LIKE:
        return text[found[last].start() :] if last < len(found) else ""
    return text if _ASKS.search(text) else None


def _likeness(said: Sequence[re.Match[str]], words: Sequence[str]) -> float:
    """How like these words, as one, are to one of the wake words, of 100."""
    joined = _plain("".join(match.group() for match in said))
    return max((fuzz.ratio(joined, word) for word in words), default=0.0)


def _plain(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())
