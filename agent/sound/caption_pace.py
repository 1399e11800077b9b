"""How far a caption has got when so much of its line has been heard."""

from __future__ import annotations

import re

SPEECH_RATE = 15.0
"""Characters a second of ordinary speech, used while a line's length is not known yet."""

_WORD = re.compile(r"\s*\S+\s*")


def words(text: str) -> list[str]:
    """The words of `text`, each with the white space around it: joined they are `text` again."""
    return _WORD.findall(text)


def revealed(text: str, heard: float, duration: float | None) -> str:
    """The words of `text` that have begun by the time `heard` seconds of its speech were heard.

    `duration` is the whole line's length in seconds, None while it is not known. A word begins at
    its share of the characters: speech engines keep an even pace within a sentence, so this stays
    within a word of the truth.
    """
    length = duration or len(text) / SPEECH_RATE
    if not text or length <= 0:
        return text
    begun = heard / length * len(text)
    shown = 0
    for word in words(text):
        if shown > begun:
            break
        shown += len(word)
    return text[:shown]
