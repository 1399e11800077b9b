"""Something to say, and its wordings. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.sketch import words
from models.sketch.phrases import Subject, said
from models.sketch.scene import Thing

_QUICK = 0.15
"""Picture widths a second."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something to say.

    Attributes:
        weight: How much it matters, 0 to 100.
        lines: Wordings.
        about: What it is of, for those who want to hear of something only.
        quick: Whether it is over soon: a few words must do.
    """

    weight: float
    lines: tuple[str, ...]
    about: str = ""
    quick: bool = False


def event(weight: float, *groups: str, about: str = "", **filled: str) -> Event:
    return Event(weight, tuple(said(groups, [("", False)], **filled)), about)


def of_thing(
    thing: Thing, base: float, subjects: Sequence[Subject], *groups: str, long: str = ""
) -> Event:
    """Something about a thing: large ones and persons matter more."""
    weight = base + 8 * min(1.0, 4 * thing.share) - (0 if thing.name == "person" else 8)
    filled = {"where": words.place(thing), "way": words.way(thing), "colour": thing.colour}
    filled["long"] = long
    if thing.side:
        filled |= {"side": words.from_side(thing), "to": words.to_side(thing)}
    about = f"{words.noun(thing.name)} {thing.name} {thing.colour}"
    quick = not thing.name and thing.speed > _QUICK
    lines = said(groups, subjects, **filled)
    where = filled["where"]
    told = [line for line in lines if not line.startswith("They ")]  # after a pause, who is it?
    once = tuple(line for line in told if line.lower().count(where) < 2)
    return Event(weight, once, about, quick)
