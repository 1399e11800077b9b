"""The parts of a text that a caption shows one after another: words and, of languages that leave no
spaces between them, letters. Pure.
"""

from __future__ import annotations

import re
import unicodedata

_SYLLABLES = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Kana and Chinese characters, each of which takes as long to say as `SLOW` other letters."""
_NO_SPACES = _SYLLABLES + "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
"""With Thai, Lao, Burmese and Khmer."""

_SOUTHEAST = (*range(0x0E00, 0x0F00), *range(0x1000, 0x10A0), *range(0x1780, 0x1800))
_MARKS = "".join(c for c in map(chr, _SOUTHEAST) if unicodedata.category(c).startswith("M"))
_ADDED = f"{_MARKS}\u0e33\u0eb3\u3099\u309a\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""What belongs to the letter before it."""

_PART = re.compile(rf"\s*(?:[{_NO_SPACES}][{_ADDED}]*|[^\s{_NO_SPACES}]+)\s*")
_SYLLABLE = re.compile(f"[{_SYLLABLES}]")

SLOW = 3.0


def parts(text: str) -> list[tuple[str, float]]:
    """The text in pieces, and how long each takes to say, in letters of a language with spaces."""
    found = _PART.findall(text)
    return [(one, SLOW if _SYLLABLE.search(one) else float(len(one))) for one in found]
