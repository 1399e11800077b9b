"""Chooses what is said: the most important, said differently than before. Pure."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from models.engine import GenerationRequest
from models.sketch.events import Event, events, overview
from models.sketch.scene import Scene

_LEAST = 12.0
_ALERT = 60.0
_WIGGLE = 6.0
_QUIET = frozenset({"still", "dark", "face", "darker", "brighter", "overview"})
"""States, not happenings: they are told once, until something else was told."""
_ONCE = frozenset({"out", "on", "cut"})
"""Happenings that stay in the window for a while after they were told."""


def comment(scene: Scene, request: GenerationRequest) -> list[str]:
    """One line about ``scene``, or none when nothing is worth saying."""
    said = [turn.text for turn in request.history if turn.role == "assistant"]
    found = events(scene)
    if request.kind == "alert":
        found = [event for event in found if event.weight >= _ALERT]
    elif not said:
        found.append(overview(scene))
    best, line = -1.0, ""
    dice = dice_of(request)
    for event in found:
        for words in _wordings(event, said):
            score = event.weight - _boredom(words, event, said) + dice.uniform(0, _WIGGLE)
            if score > max(best, _LEAST):
                best, line = score, words
    return [line] if line else []


def dice_of(request: GenerationRequest) -> random.Random:
    """Random numbers that depend on the request alone."""
    last = request.history[-1].text if request.history else ""
    return random.Random(f"{request.seed}|{request.room}|{len(request.history)}|{last}")


def _wordings(event: Event, said: Sequence[str]) -> tuple[str, ...]:
    """Sequels after a line that named the thing, else full sentences."""
    if said and event.sequels and event.name:
        last = _content(said[-1])
        if set(event.name.split()) - {"and"} <= last or (
            event.name == "someone" and "person" in last
        ):
            same_way = event.way and event.way in said[-1].lower()
            return (*event.sequels, *event.further) if same_way else event.sequels
    return event.lines


def _boredom(words: str, event: Event, said: Sequence[str]) -> float:
    """How much of it was said before; the last lines count most."""
    total = 0.0
    for back, line in enumerate(reversed(said)):
        if back > 11:
            break
        told = line in (*event.lines, *event.sequels, *event.further)
        if told and event.kind in _QUIET | _ONCE and back < 2:
            return 100.0
        alike = _likeness(words, line)
        recent = 1 / (1 + back / 2)
        total = max(total, (75 if alike > 0.95 else 34 * alike + 10 * told) * recent)
    return total


def _likeness(one: str, other: str) -> float:
    """Share of words in common (Jaccard)."""
    first, second = _content(one), _content(other)
    return len(first & second) / max(1, len(first | second))


def _content(line: str) -> set[str]:
    return set(re.findall(r"[a-z]+", line.lower())) - {"the", "a", "is", "and", "it", "to", "now"}
