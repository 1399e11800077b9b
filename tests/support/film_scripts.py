"""What happens in each film, and when."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from tests.support import cutouts
from tests.support.cutouts import HEIGHT, WIDTH
from tests.support.scripted_films import PERSON_SCALE, Actor, Event, Film, Side

SPEED = 150.0
"""Pixels a second at which persons walk."""

DRIVING = 260.0


@dataclass(slots=True)
class Script:
    """Collects what happens."""

    actors: list[Actor] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def visit(
        self, who: str, come: float, side: Side, stay: float, leave: float, off: Side
    ) -> None:
        """Somebody comes in (half of them is in the picture at `come`), stays at x, and leaves
        (half is out at `leave`, and the last of them some tenths later: then they have left).
        """
        width, y = cutouts.person(who).size[0], HEIGHT - 190.0
        begin, end = _edge(side, WIDTH), _edge(off, WIDTH)
        out = width / SPEED
        arrive, go = come + abs(stay - begin) / SPEED, leave - abs(stay - end) / SPEED
        if go < arrive:
            raise ValueError(f"{who} leaves at {leave} s before they have arrived")
        path = (
            (come - out, _beyond(side, begin, width), y),
            (arrive, stay, y),
            (go, stay, y),
            (leave + out, _beyond(off, end, width), y),
        )
        self.actors.append(Actor(who, path, mirrored=side == "right"))
        gone = leave + width * PERSON_SCALE / 2 / SPEED
        self.events += [Event(come, "came", side), Event(round(gone, 2), "left", off)]

    def drive(self, who: str, come: float, side: Side, x: float) -> None:
        """A car comes in at the top or bottom and goes through."""
        length = 350.0
        begin, end = _edge(side, HEIGHT), HEIGHT - _edge(side, HEIGHT)
        away = length / DRIVING
        through = HEIGHT / DRIVING
        first, last = (length, -length) if side == "bottom" else (-length, length)
        path = (
            (come - away, x, begin + first),
            (come, x, begin),
            (come + through, x, end),
            (come + through + away, x, end + last),
        )
        self.actors.append(Actor(who, path, scale=0.9, walks=False))
        self.events.append(Event(come, "car", side))

    def put(self, at: float, taken: float, x: float) -> None:
        """A hand puts a cup on the desk, and takes it later."""
        y, up = 270.0, -160.0
        cup = ((at - 0.8, x, up), (at, x, y), (taken, x, y), (taken + 0.8, x, up))
        hand = ((at - 0.8, x, up), (at, x, y), (at + 0.3, x, y), (at + 1.1, x, up))
        back = ((taken - 1.1, x, up), (taken - 0.3, x, y), (taken, x, y), (taken + 0.8, x, up))
        self.actors.append(Actor("cup", cup, scale=1.0, walks=False))
        self.actors += [Actor("hand", path, scale=1.0, walks=False) for path in (hand, back)]
        self.events += [Event(at, "put", "desk"), Event(taken, "taken", "desk")]

    def film(self, name: str, seconds: float, *more: Event, **options: Any) -> Film:
        """All of it as a film."""
        events = sorted([*self.events, *more], key=lambda event: event.time)
        return Film(name, seconds, tuple(self.actors), tuple(events), **options)


def films() -> dict[str, Film]:
    """All of them by name. Needs the footage."""
    made = (_visits(), _traffic(), _lights(), _desk(), _busy(), _webcam(), _watched(), *_quiet())
    return {film.name: film for film in made}


def _visits() -> Film:
    script = Script()
    script.visit("man in a shirt", 8, "left", 250, 22, "left")
    script.visit("woman in grey", 30, "right", 520, 46, "left")
    script.visit("man in black", 62, "left", 380, 74, "right")
    script.visit("woman in grey", 84, "right", 560, 104, "right")
    script.visit("man in a shirt", 90, "left", 240, 98, "left")
    return script.film("visits", 116)


def _traffic() -> Film:
    script = Script()
    script.drive("white car", 8, "bottom", 300)
    script.drive("blue car", 20, "top", 480)
    script.drive("red car", 36, "bottom", 260)
    script.drive("white car", 46, "bottom", 520)
    return script.film("traffic", 60, scenes=((0.0, "road"),))


def _lights() -> Film:
    events = (Event(12, "dark"), Event(26, "lit"), Event(40, "cut"), Event(56, "cut"))
    return Script().film(
        "lights",
        70,
        *events,
        scenes=((0.0, "room"), (40.0, "road"), (56.0, "room")),
        lights=((0.0, 1.0), (12.0, 0.12), (26.0, 1.0)),
    )


def _desk() -> Film:
    script = Script()
    script.put(10, 26, 300)
    script.put(42, 58, 480)
    return script.film("desk", 70, scenes=((0.0, "desk"),))


def _busy() -> Film:
    script = Script()
    people = list(cutouts.PERSONS)
    for number in range(12):
        side: Side = "left" if number % 2 else "right"
        off: Side = "right" if number % 3 else side
        come = 3 + number * 4.5
        stay = 200.0 + number * 97 % 380
        there = abs(stay - _edge(side, WIDTH)) + abs(stay - _edge(off, WIDTH))
        script.visit(people[number % 3], come, side, stay, come + there / SPEED + 1, off)
    return script.film("busy", 66)


def _webcam() -> Film:
    script = Script()
    script.visit("man in black", 20, "right", 430, 52, "right")
    script.visit("woman in grey", 80, "left", 330, 102, "right")
    return script.film("webcam", 120, noise=2.5, drift=0.02)


def _watched() -> Film:
    """For alert rules: each of their conditions comes true at known times."""
    script = Script()
    script.visit("man in a shirt", 10, "left", 200, 28, "left")
    script.visit("woman in grey", 62, "right", 580, 78, "right")
    dark = (Event(38, "dark"), Event(48, "lit"))
    return script.film("watched", 90, *dark, lights=((0.0, 1.0), (38.0, 0.1), (48.0, 1.0)))


def _quiet() -> tuple[Film, ...]:
    still = Film("still", 60)
    night = replace(still, name="night", lights=((0.0, 0.08),), noise=5.0)
    return still, night


def _edge(side: Side, size: int) -> float:
    return 0.0 if side in ("left", "top") else float(size)


def _beyond(side: Side, edge: float, width: float) -> float:
    return edge - width if side == "left" else edge + width
