"""What the tiny model says about what is in its context. Pure.

A prompt steers it by words in its last user turn, each at the start of a line:

    SAY text      says the text
    FREE          lets the language model's random weights choose
    FAULT name    fails: see modeling_minicpmo.py; may come together with SAY or FREE

Otherwise it tells the colours of the pictures, how loud the sounds are, and the end of the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

COLOURS = {
    "black": (0, 0, 0),
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "yellow": (1, 1, 0),
    "pink": (1, 0, 1),
    "cyan": (0, 1, 1),
    "white": (1, 1, 1),
}
LOUDNESS = ("quiet", "loud")
FORBIDDEN = ':#()[]/*"&@$'
QUOTED = 40


def answer(context: str) -> str | None:
    """The answer to a context, which is text with ``<image>red</image>`` in it; None: free."""
    turns = context.split("<|im_start|>user\n")
    asked = "".join(turns[1:])
    last = _words(turns[-1])
    if said := re.search(r"^SAY (.*)$", last, re.MULTILINE):
        return said[1]
    if re.search(r"^FREE\b", last, re.MULTILINE):
        return None
    seen = re.findall(r"<image>(\w+)</image>", asked)
    heard = re.findall(r"<\|audio_start\|>(\w+)<\|audio_end\|>", asked)
    parts = [f"I see {' and '.join(seen) or 'nothing'}."]
    if heard:
        parts.append(f"I hear {' and '.join(heard)}.")
    words = " ".join(last.split())[-QUOTED:].strip()
    if words:
        parts.append(f"You said {words}.")
    return "".join(letter for letter in " ".join(parts) if letter not in FORBIDDEN)


def faults(context: str) -> frozenset[str]:
    """What the last user turn wants to fail."""
    last = context.split("<|im_start|>user\n")[-1]
    return frozenset(re.findall(r"^FAULT ([\w-]+)", _words(last), re.MULTILINE))


def _words(turn: str) -> str:
    """The text of a turn without pictures, sounds and special tokens."""
    text = re.sub(r"<image>\w*</image>|<\|audio_start\|>\w*<\|audio_end\|>", "\n", turn)
    return re.sub(r"<\|\w+\|>.*", "", text, flags=re.DOTALL).strip()


def next_token(script: Sequence[int], made: Sequence[int], end: int) -> int:
    """The token after ``made``: of the script as far as that has been followed, else the end."""
    if list(made) == list(script[: len(made)]) and len(made) < len(script):
        return script[len(made)]
    return end
