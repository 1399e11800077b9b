"""What happens in each film, and when."""

from __future__ import annotations

from typing import Any

from tests.support import cutouts
from tests.support.cutouts import HEIGHT, WIDTH
from tests.support.scripted_films import PERSON_SCALE, Actor, Event, Film, Side

SPEED = 150.0
"""Pixels a second at which persons walk."""

DRIVING = 260.0


Part = tuple[list[Actor], list[Event]]


def visit(who: str, come: float, side: Side, stay: float, leave: float, off: Side) -> Part:
    """Somebody comes in (half of them is in the picture at `come`), stays at x, and leaves (half
    is out at `leave`, and the last of them some tenths later: then they have left).
    """
    width, y = cutouts.person(who).size[0], HEIGHT - 190.0
    begin, end, out = _edge(side, WIDTH), _edge(off, WIDTH), width / SPEED
    arrive, go = come + abs(stay - begin) / SPEED, leave - abs(stay - end) / SPEED
    if go < arrive:
        raise ValueError(f"{who} leaves at {leave} s before they have arrived")
    path = (
        (come - out, _beyond(side, begin, width), y),
        (arrive, stay, y),
        (go, stay, y),
        (leave + out, _beyond(off, end, width), y),
    )
    gone = round(leave + width * PERSON_SCALE / 2 / SPEED, 2)
    actor = Actor(who, path, mirrored=side == "right")
    return [actor], [Event(come, "came", side), Event(gone, "left", off)]


def drive(who: str, come: float, side: Side, x: float) -> Part:
    """A car comes in at the top or bottom and goes through."""
    length = 350.0 if side == "bottom" else -350.0
    begin, end = _edge(side, HEIGHT), HEIGHT - _edge(side, HEIGHT)
    away, through = abs(length) / DRIVING, HEIGHT / DRIVING
    path = (
        (come - away, x, begin + length),
        (come, x, begin),
        (come + through, x, end),
        (come + through + away, x, end - length),
    )
    return [Actor(who, path, scale=0.9, walks=False)], [Event(come, "car", side)]


def put(at: float, taken: float, x: float) -> Part:
    """A hand puts a cup on the desk, and takes it later."""
    y, up = 270.0, -160.0
    cup = ((at - 0.8, x, up), (at, x, y), (taken, x, y), (taken + 0.8, x, up))
    hand = ((at - 0.8, x, up), (at, x, y), (at + 0.3, x, y), (at + 1.1, x, up))
    back = ((taken - 1.1, x, up), (taken - 0.3, x, y), (taken, x, y), (taken + 0.8, x, up))
    moving = (("cup", cup), ("hand", hand), ("hand", back))
    actors = [Actor(who, path, scale=1.0, walks=False) for who, path in moving]
    return actors, [Event(at, "put", "desk"), Event(taken, "taken", "desk")]


def happen(*what: tuple[float, str]) -> Part:
    """What nobody does."""
    return [], [Event(at, kind) for at, kind in what]


def film(name: str, seconds: float, *parts: Part, **options: Any) -> Film:
    """All of it."""
    actors = tuple(actor for part, _ in parts for actor in part)
    events = sorted((event for _, part in parts for event in part), key=lambda one: one.time)
    return Film(name, seconds, actors, tuple(events), **options)


def films() -> dict[str, Film]:
    """All of them by name. Needs the footage."""
    made = (
        film(
            "visits",
            116,
            visit("man in a shirt", 8, "left", 250, 22, "left"),
            visit("woman in grey", 30, "right", 520, 46, "left"),
            visit("man in black", 62, "left", 380, 74, "right"),
            visit("woman in grey", 84, "right", 560, 104, "right"),
            visit("man in a shirt", 90, "left", 240, 98, "left"),
        ),
        film(
            "traffic",
            60,
            drive("white car", 8, "bottom", 300),
            drive("blue car", 20, "top", 480),
            drive("red car", 36, "bottom", 260),
            drive("white car", 46, "bottom", 520),
            scenes=((0.0, "road"),),
        ),
        film(
            "lights",
            70,
            happen((12, "dark"), (26, "lit"), (40, "cut"), (56, "cut")),
            scenes=((0.0, "room"), (40.0, "road"), (56.0, "room")),
            lights=((0.0, 1.0), (12.0, 0.12), (26.0, 1.0)),
        ),
        film("desk", 70, put(10, 26, 300), put(42, 58, 480), scenes=((0.0, "desk"),)),
        film("busy", 66, *map(_passes, range(12))),
        film(
            "webcam",
            120,
            visit("man in black", 20, "right", 430, 52, "right"),
            visit("woman in grey", 80, "left", 330, 102, "right"),
            noise=2.5,
            drift=0.02,
        ),
        film(  # for alert rules: each of their conditions comes true
            "watched",
            90,
            visit("man in a shirt", 10, "left", 200, 28, "left"),
            visit("woman in grey", 62, "right", 580, 78, "right"),
            happen((38, "dark"), (48, "lit")),
            lights=((0.0, 1.0), (38.0, 0.1), (48.0, 1.0)),
        ),
        film("still", 60),
        film("night", 60, lights=((0.0, 0.08),), noise=5.0),
    )
    return {one.name: one for one in made}


def _passes(number: int) -> Part:
    """One of those who come and go all the time."""
    side: Side = "left" if number % 2 else "right"
    off: Side = "right" if number % 3 else side
    come, stay = 3 + number * 4.5, 200.0 + number * 97 % 380
    way = abs(stay - _edge(side, WIDTH)) + abs(stay - _edge(off, WIDTH))
    who = list(cutouts.PERSONS)[number % 3]
    return visit(who, come, side, stay, come + way / SPEED + 1, off)


def _edge(side: Side, size: int) -> float:
    return 0.0 if side in ("left", "top") else float(size)


def _beyond(side: Side, edge: float, width: float) -> float:
    return edge - width if side == "left" else edge + width
