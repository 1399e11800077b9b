"""Names for what was measured. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from models.sketch.light import BLACK_LEVEL, BRIGHT_LEVEL, DARK_LEVEL
from models.sketch.phrases import Subject
from models.sketch.scene import Thing

_LARGE = 0.12
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SAID = {
    "bus": "vehicle",  # a small detector takes cars, buses and trucks for one another
    "truck": "vehicle",
    "dining table": "table",
    "tv": "screen",
    "potted plant": "plant",
    "cell phone": "phone",
    "sports ball": "ball",
}
_WAYS = {"up": "upwards", "down": "downwards", "left": "to the left", "right": "to the right"}
_BORDERS = {"top": "above", "bottom": "below", "left": "the left", "right": "the right"}
# Of persons, animals, vehicles, which go over ground that lies before us.
_DEEP_WAYS = {**_WAYS, "up": "towards the back", "down": "towards the front"}
_DEEP_BORDERS = {**_BORDERS, "top": "the back", "bottom": "the front"}


def noun(name: str) -> str:
    """What a COCO class is called here; "thing" for what has no name."""
    return _SAID.get(name, name) or "thing"


def plural(one: str) -> str:
    irregular = {"person": "people", "sheep": "sheep", "scissors": "scissors", "knife": "knives"}
    return irregular.get(one, one + ("es" if one.endswith(("s", "sh", "ch")) else "s"))


def many(name: str, count: int) -> str:
    """ "two people", "a dog"."""
    one = noun(name)
    return with_article(one) if count == 1 else f"{number(count)} {plural(one)}"


def number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else "many"


def count_of(word: str) -> int:
    """The number that a word means; 0 for none."""
    return int(word) if word.isdigit() else _NUMBERS.index(word) if word in _NUMBERS else 0


def place(thing: Thing) -> str:
    """ "on the left", "in the middle"; of what has no name, one of nine, as "at the top left"."""
    x, y = thing.place
    across = "left" if x < 0.36 else "right" if x > 0.64 else ""
    along = "" if thing.name else "top" if y < 0.3 else "bottom" if y > 0.7 else ""
    if along:
        return f"at the {along} {across}".rstrip()
    return f"on the {across}" if across else "in the middle"


def way(thing: Thing) -> str:
    """ "to the left and upwards"; empty when it goes nowhere."""
    names = _DEEP_WAYS if thing.name else _WAYS
    return " and ".join(names[part] for part in thing.heading.split())


def from_side(thing: Thing) -> str:
    """Over which border it comes: "from the left"."""
    return f"from {(_DEEP_BORDERS if thing.name else _BORDERS)[thing.side]}"


def to_side(thing: Thing) -> str:
    """Over which border it goes."""
    flat = {"top": "over the top", "bottom": "at the bottom"}
    borders = {**_WAYS, "top": _DEEP_WAYS["up"], "bottom": _DEEP_WAYS["down"]}
    return borders[thing.side] if thing.name else flat.get(thing.side, borders[thing.side])


def described(thing: Thing) -> str:
    """Without an article: "person in grey", "red car", "large and white"."""
    if thing.name == "person":
        return f"person in {thing.colour}" if thing.colour else "person"
    if thing.name:
        return f"{thing.colour} {noun(thing.name)}".strip()
    size = "large" if thing.share > _LARGE else ""
    return " and ".join(word for word in (size, thing.colour) if word)


def unknown(thing: Thing) -> list[str]:
    """What it is called when it is new: "a person in grey", "something red"."""
    if not thing.name:
        return [f"something {described(thing)}".strip()]
    plain = with_article(described(thing))
    others = ("someone", "somebody") if thing.name == "person" else ()
    return [plain, *(plain.replace("a person", other) for other in others)]


def known(thing: Thing, others: Sequence[Thing], *, dressed: bool, recent: bool) -> list[Subject]:
    """What it is called once it was named.

    ``others`` of its sort are in view; ``dressed``: its colour was told; ``recent``: the last line
    was about it.
    """
    if not thing.name:
        one = [(f"the {thing.colour} one", False)] if thing.colour else []
        return [*one, ("it", False)] if recent and not others else one
    full = f"the {described(thing)}"
    if others:
        placed = f"the {noun(thing.name)} {place(thing)}"
        if thing.colour and all(other.colour != thing.colour for other in others):
            return [(full, False)]
        alike = any(place(other) == place(thing) for other in others)
        return [(f"one of the {plural(noun(thing.name))}" if alike else placed, False)]
    if thing.name == "person" and thing.colour and not dressed:
        return [
            (f"the person, dressed in {thing.colour},", False),
            (f"the one in {thing.colour}", False),
        ]
    pronoun = ("they", True) if thing.name == "person" else ("it", False)
    return [*([pronoun] if recent else []), (f"the {noun(thing.name)}", False), (full, False)]


def lasting(seconds: float) -> str:
    """ "for half a minute", growing in ever longer steps; empty at first."""
    steps = ((3600, "for more than an hour"), (1800, "for half an hour"), (600, "for ten minutes"))
    short = ((300, "for five minutes"), (120, "for two minutes"), (60, "for a minute"))
    shortest = ((30, "for half a minute"), (15, "for fifteen seconds"))
    return next((said for least, said in (*steps, *short, *shortest) if seconds >= least), "")


def with_article(text: str) -> str:
    return f"an {text}" if text[0] in "aeiou" else f"a {text}"


def brightness(level: float) -> str:
    """How bright a picture of this mean grey level is; empty when it is neither."""
    if level < BLACK_LEVEL:
        return "almost black"
    if level < DARK_LEVEL:
        return "dark"
    return "bright" if level > BRIGHT_LEVEL else ""


def looks(level: float, colours: Sequence[str]) -> str:
    """ "bright, mostly white and brown"."""
    tone = f"mostly {listed(colours)}" if colours else ""
    return ", ".join(word for word in (brightness(level), tone) if word) or "full of colours"


def listed(items: Sequence[str]) -> str:
    """ "a, b and c"."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))
