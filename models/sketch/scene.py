"""What was measured in a window: everything that is said comes from here. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.sketch.changes import Light

Box = tuple[float, float, float, float]
"""Left, top, right, bottom; 0 to 1 of the picture."""
Sighting = tuple[float, Box]
"""Seconds, rising, and where it was."""

_BORDER = 0.015
_LEAST_WAY = 0.05
"""Shortest way that counts as going somewhere, in picture widths."""
_CREEP = 0.03
"""Picture widths a second below which it stands."""
_STAND_SECONDS = 0.9
_EDGES = ("left", "top", "right", "bottom")


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that has a name, or that moves without one.

    Attributes:
        name: Its COCO class; empty for what only moves.
        colour: A name; empty when none is sure. Of a person, that of the clothes.
        box: Where it was last seen.
        heading: Where it goes in the picture, as "left up"; empty when it stays or wavers.
        speed: Picture widths a second.
        stopped: Whether it went somewhere and now stands.
        stays: Whether it stood in its place for a second or more.
        stirs: Whether it stays and something of it moves.
        new: Whether it came into view within the window.
        gone: Whether it is no longer in view.
        side: The border over which it came, or goes; empty when it is none.
        ago: Seconds since it was last seen.
        age: Seconds since it was first seen in the window.
        held: Whether it moved and is with a person.
    """

    name: str
    colour: str
    box: Box
    heading: str = ""
    speed: float = 0.0
    stopped: bool = False
    stays: bool = False
    stirs: bool = False
    new: bool = False
    gone: bool = False
    side: str = ""
    ago: float = 0.0
    age: float = 0.0
    held: bool = False

    @property
    def place(self) -> tuple[float, float]:
        """Its centre; 0 to 1 from left to right and from top to bottom."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @property
    def share(self) -> float:
        """Of the picture."""
        return (self.box[2] - self.box[0]) * (self.box[3] - self.box[1])

    @property
    def leaving(self) -> bool:
        """Whether it is gone over a border, or half way."""
        return bool(self.side) and (self.gone or not self.new)


@dataclass(frozen=True, slots=True)
class Scene:
    """A window.

    Attributes:
        pictures: How many there are.
        light: How bright, and what the light did.
        cut: Whether the picture became another one within the window.
        calm: Whether next to nothing changed from the last picture to the newest.
        restless: Whether the camera turns, or too much moves to tell things apart.
        changed: What lies there newly, or is gone from its place, and has no name.
        things: Those with a name, then those that only move; the largest first.
        named: Whether a detector looked at the newest picture.
        colours: Names of the newest picture's largest colours.
        span: Seconds over which pictures follow one another closely: the first one may be older,
            and show how it was when the last line was spoken.
    """

    pictures: int
    light: Light
    cut: bool
    calm: bool
    restless: bool
    things: tuple[Thing, ...]
    named: bool
    colours: tuple[str, ...]
    changed: tuple[Thing, ...] = ()
    span: float = 0.0

    @property
    def present(self) -> tuple[Thing, ...]:
        return tuple(thing for thing in self.things if not thing.gone)


def thing(
    name: str, colour: str, sightings: Sequence[Sighting], times: Sequence[float], aspect: float
) -> Thing:
    """The thing of a track through pictures of ``times``; ``aspect`` is height over width."""
    gone = sightings[-1][0] < times[-1]
    if gone or any(_at_border(sightings[-1][1], at, sightings[-1][1]) for at in (0, 2)):
        # A tracker tells for a while where it last saw what it does not see any more.
        while len(sightings) > 1 and sightings[-1][1] == sightings[-2][1]:
            sightings = sightings[:-1]
    (begin, _), (end, box) = sightings[0], sightings[-1]
    recent = sightings[-3:]
    steps = [_step(one, two, aspect) for one, two in pairwise(recent)] or [(0.0, 0.0)]
    right, down = (sum(step[axis] for step in steps) for axis in (0, 1))
    pace = math.hypot(*steps[-1]) / max(1e-6, recent[-1][0] - recent[-2:][0][0])
    agree = len(steps) < 2 or steps[0][0] * steps[1][0] + steps[0][1] * steps[1][1] > -1e-4
    going = math.hypot(right, down) >= _LEAST_WAY and pace >= _CREEP and agree
    if name and abs(right) > 0.7 * abs(down):
        down = 0.0  # who walks aside goes up and down in the picture with each step
    last = (steps[-1][0], steps[-1][1] if down else 0.0)
    side = _crossed(box, last, aspect, 0.5 if gone or not name else 0.0) if going else ""
    new = begin > times[0]
    if new and not gone:
        first = _step(sightings[0], sightings[1], aspect) if len(sightings) > 1 else (0.0, 0.0)
        side = _crossed(sightings[0][1], (-first[0], -first[1]), aspect, 0.7)
    way = math.hypot(*_step(sightings[0], sightings[-1], aspect))
    stands = not gone and pace < _CREEP
    return Thing(
        name=name,
        colour=colour,
        box=box,
        heading=_heading(right, down) if going else "",
        speed=math.hypot(right, down) / (end - recent[0][0]) if going else 0.0,
        stopped=stands and way >= 2 * _LEAST_WAY,
        stays=stands and end - begin >= _STAND_SECONDS,
        new=new,
        gone=gone,
        side=side,
        ago=times[-1] - end,
        age=times[-1] - begin,
    )


def _heading(right: float, down: float) -> str:
    """The nearest of eight directions, the four plain ones preferred."""
    sideways = ["right" if right > 0 else "left"] * (abs(down) <= 1.8 * abs(right))
    return " ".join(sideways + ["down" if down > 0 else "up"] * (abs(right) <= 1.8 * abs(down)))


def _step(one: Sighting, two: Sighting, aspect: float) -> tuple[float, float]:
    """Right and down in picture widths, by the edges that are inside the picture."""
    moves = []
    for low in (0, 1):
        free = [at for at in (low, low + 2) if not _at_border(one[1], at, two[1])]
        shifts = [two[1][at] - one[1][at] for at in free or (low, low + 2)]
        moves.append(sum(shifts) / len(shifts))
    return moves[0], moves[1] * aspect


def _at_border(one: Box, at: int, other: Box) -> bool:
    return any(box[at] < _BORDER if at < 2 else box[at] > 1 - _BORDER for box in (one, other))


def _crossed(box: Box, step: tuple[float, float], aspect: float, ahead: float) -> str:
    """The border that it touches and goes to, or reaches in ``ahead`` of that step."""
    right, down = step[0], step[1] / aspect
    gaps = (box[0], box[1], 1 - box[2], 1 - box[3])
    ways = zip((-right, -down, right, down), gaps, _EDGES, strict=True)
    near = [(way, edge) for way, gap, edge in ways if way > 0.02 and gap < max(0.02, ahead * way)]
    return max(near, default=(0.0, ""))[1]
