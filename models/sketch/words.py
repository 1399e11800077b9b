"""Names for what was measured. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from models.sketch.light import BLACK_LEVEL, BRIGHT_LEVEL, DARK_LEVEL
from models.sketch.scene import Heading, Patch, Thing

_LARGE, _SMALL = 0.1, 0.008
_FAST, _SLOW = 0.3, 0.06
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


def number(count: int) -> str:
    """In words as far as it is said in one."""
    return _NUMBERS[count] if count < len(_NUMBERS) else "several"


def place(at: tuple[float, float]) -> str:
    """One of nine places: "on the left", "at the top right", "in the middle"."""
    across = "left" if at[0] < 0.36 else "right" if at[0] > 0.64 else ""
    along = "top" if at[1] < 0.34 else "bottom" if at[1] > 0.66 else ""
    if along:
        return f"at the {along} {across}".rstrip()
    return f"on the {across}" if across else "in the middle"


def heading(way: Heading) -> str:
    """ "to the left", "upwards", "up and to the right"."""
    plain = {"left": "to the left", "right": "to the right", "up": "upwards", "down": "downwards"}
    if way in plain:
        return plain[way]
    sideways, _, upright = way.partition(" ")
    return f"{upright} and to the {sideways}"


def speed(thing: Thing) -> str:
    """ " quickly", " slowly" or nothing, with the space before it."""
    if not thing.heading:
        return ""
    return " quickly" if thing.speed > _FAST else " slowly" if thing.speed < _SLOW else ""


def size(thing: Thing) -> str:
    """ "large", "small" or nothing."""
    return "large" if thing.share > _LARGE else "small" if thing.share < _SMALL else ""


def thing(one: Thing) -> str:
    """With an indefinite article: "a round red shape", "something large and white"."""
    if one.person:
        dressed = one.colour and " and " not in one.colour
        return f"someone in {one.colour}" if dressed else "someone"
    if one.shape == "square" and one.colour:
        return with_article(f"{one.colour} square")
    if one.shape == "round":
        return with_article(f"round {one.colour} shape".replace("  ", " "))
    if " and " in one.colour:
        return f"something {one.colour}"
    both = [word for word in (size(one), one.colour) if word]
    return f"something {' and '.join(both)}" if both else "something"


def short(one: Thing) -> str:
    """With the definite article, for a thing that was named before."""
    if one.person:
        return "the person"
    if one.shape == "square" and one.colour:
        return f"the {one.colour} square"
    if one.colour and " and " not in one.colour:
        return f"the {one.colour} one"
    return "it"


def with_article(noun: str) -> str:
    """ "an orange square"."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def brightness(level: float) -> str:
    """How bright a picture of this mean grey level is; empty when it is neither."""
    if level < BLACK_LEVEL:
        return "almost black"
    if level < DARK_LEVEL:
        return "dark"
    return "bright" if level > BRIGHT_LEVEL else ""


def colours(patches: Sequence[Patch], most: int = 2) -> str:
    """ "mostly grey", "mostly green and blue"; empty when no colour takes enough."""
    large = [patch.colour for patch in patches if patch.share >= 0.15][:most]
    return f"mostly {listed(large)}" if large else ""


def listed(items: Sequence[str]) -> str:
    """ "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def sentence(text: str) -> str:
    """With a capital and a full stop, and single spaces."""
    plain = " ".join(text.split())
    return plain[0].upper() + plain[1:] + ("" if plain[-1] in ".?!" else ".")
