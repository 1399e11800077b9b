"""What a sentence claims, read off its words, to be held against the truth."""

from __future__ import annotations

import re

from models.sketch.colours import NAMES

_TO = (
    r"(?:(?:moves?|goes)(?: on)?(?: quickly| slowly)?|moving|heads|way|still|on goes [a-z ]+,) "
    r"(to the (?:left|right)|upwards|downwards|up and to the \w+|down and to the \w+)"
)
_CROSS = r"crosses the picture from \w+ to (left|right)"
_FROM = r"(?:from|enters from) the (left|right|top|bottom)\b"
_OUT = r"(?:leaves|gone out|disappears|has left|left)(?: the picture)? (?:at|over) the (\w+)"
_PLACE = r"((?:top|bottom|left|right|middle| )+)"
_BETWEEN = rf"goes from the {_PLACE} to the {_PLACE}"
_INWARD = {"left": "right", "right": "left", "top": "down", "bottom": "up"}


def colours(line: str) -> set[str]:
    """The colour names in it."""
    return set(re.findall("|".join(rf"\b{name}\b" for name in NAMES), line.lower()))


def directions(line: str) -> set[str]:
    """Where it says that something goes: of ``left right up down``."""
    text = line.lower()
    found: set[str] = set()
    for way in re.findall(_TO, text) + re.findall(_CROSS, text):
        found |= {word for word in ("left", "right", "up", "down") if word in way}
    if "goes from" not in text and "crosses" not in text:
        found |= {_INWARD[side] for side in re.findall(_FROM, text)}
    for start, end in re.findall(_BETWEEN, text):
        found |= _way(start.split(), end.split())
    ends = {"top": "up", "bottom": "down"}
    found |= {ends.get(side, side) for side in re.findall(_OUT, text)}
    return found


def _way(start: list[str], end: list[str]) -> set[str]:
    """The direction between two of the nine places."""
    across = _ordinal(end, "left", "right") - _ordinal(start, "left", "right")
    along = _ordinal(end, "top", "bottom") - _ordinal(start, "top", "bottom")
    sideways = {1: "right", -1: "left"}.get((across > 0) - (across < 0), "")
    upright = {1: "down", -1: "up"}.get((along > 0) - (along < 0), "")
    return {way for way in (sideways, upright) if way}


def _ordinal(place: list[str], low: str, high: str) -> int:
    return (high in place) - (low in place)


def claims_motion(line: str) -> bool:
    """Whether it says that anything moves, comes, goes, grows or stops."""
    denied = r"nothing moves|no movement|nothing now"
    if re.search(denied, line.lower()):
        return False
    words = (
        r"mov|head|way|cross|comes|enters|leaves|gone out|disappear|is gone|bigger|smaller|grows"
        r"|shrinks|stirs|stops|rest |turns|swings|motion|here comes"
    )
    return re.search(words, line.lower()) is not None
