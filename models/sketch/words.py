"""Names for what was measured. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from models.sketch.changes import BLACK_LEVEL, BRIGHT_LEVEL, DARK_LEVEL
from models.sketch.phrases import NUMBERS, Subject
from models.sketch.scene import Thing

_LARGE = 0.12
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
_LASTING = (
    *((3600, "more than an hour"), (1800, "half an hour"), (600, "ten minutes")),
    *((300, "five minutes"), (120, "two minutes"), (60, "a minute")),
    *((30, "half a minute"), (15, "fifteen seconds")),
)
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
    return NUMBERS[count] if count < len(NUMBERS) else "many"


def count_of(word: str) -> int:
    """The number that a word means; 0 for none."""
    return int(word) if word.isdigit() else NUMBERS.index(word) if word in NUMBERS else 0


def place(thing: Thing) -> str:
    """ "on the left", "in the middle"; of what has no name, one of nine, as "at the top left"."""
    x, y = thing.place
    across = "left" if x < 0.36 else "right" if x > 0.64 else ""
    along = "" if thing.name else "top" if y < 0.3 else "bottom" if y > 0.7 else ""
    if along:
        return f"at the {along} {across}".rstrip()
    return f"on the {across}" if across else "in the middle"


def half(thing: Thing) -> str:
    """ "on the left", "on the right"; empty for what is between."""
    side = place(thing).rpartition(" ")[2]
    return f"on the {side}" if side in ("left", "right") else ""


def places(things: Sequence[Thing]) -> str:
    """ "on the left and in the middle"."""
    return listed(list(dict.fromkeys(map(place, things))))


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


def unknown(thing: Thing, *, before: bool = False) -> list[str]:
    """What it is called when it is new: "a person in grey", "something red".

    ``before``: one of its sort was told of before.
    """
    if not thing.name:
        looks = described(thing)
        named = [f"something {looks}".strip()]
        if not before:
            return named
        one = f"{looks.replace(' and', '')} one".strip()
        if not looks:
            return [*named, "another one", "one more", "the next one"]
        more = [f"another {one}", f"one more, {looks},", f"the next, {with_article(one)},"]
        return [*named, with_article(one), *more]
    plain = with_article(described(thing))
    others = ("someone", "somebody") if thing.name == "person" else ()
    return [plain, *(plain.replace("a person", other) for other in others)]


def known(thing: Thing, others: Sequence[Thing], *, dressed: bool, recent: bool) -> list[Subject]:
    """What it is called once it was named.

    ``others`` of its sort are in view; ``dressed``: its colour was told; ``recent``: the last line
    was about it.
    """
    again = [] if others or not recent else [("they", True) if is_person(thing) else ("it", False)]
    if not thing.name:
        mover = f"the {thing.colour} one" if thing.colour else f"something {described(thing)}"
        return [*again, (mover.strip(), False)]
    full, plain = f"the {described(thing)}", f"the {noun(thing.name)}"
    if others and not (thing.colour and all(one.colour != thing.colour for one in others)):
        alike = any(place(one) == place(thing) for one in others)
        names = [f"one of the {plural(noun(thing.name))}" if alike else f"{plain} {place(thing)}"]
    elif others:
        names = [full]
    elif is_person(thing) and thing.colour and not dressed:
        again, names = [], [full, f"the one in {thing.colour}"]
    else:
        names = [plain, full]
    return again + [(name, False) for name in names]


def is_person(thing: Thing) -> bool:
    return thing.name == "person"


def lasting(seconds: float) -> str:
    """ "for half a minute", growing in ever longer steps; empty at first."""
    return next((f"for {said}" for least, said in _LASTING if seconds >= least), "")


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
