"""What was measured in a window. Pure data; everything that is said comes from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.sketch.light import Light

Box = tuple[float, float, float, float]
"""Left, top, right, bottom; 0 to 1 of the picture."""
Heading = Literal[
    "", "left", "right", "up", "down", "left up", "right up", "left down", "right down"
]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that has a name, or that moves without one.

    Attributes:
        name: Its COCO class; empty for what only moves.
        colour: A name; empty when none is sure. Of a person, that of the clothes.
        box: Where it was last seen.
        heading: Where it goes in the picture; empty when it stays or wavers.
        speed: Picture widths a second.
        stopped: Whether it went somewhere and now stands.
        stays: Whether it stood in its place for a second or more.
        stirs: Whether it stays and something of it moves.
        new: Whether it came into view within the window.
        gone: Whether it is no longer in view.
        side: The border over which it came, or goes; empty when it is none.
        ago: Seconds since it was last seen.
        age: Seconds since it was first seen in the window.
        held: Whether it goes with a person, or has just come into one's reach.
    """

    name: str
    colour: str
    box: Box
    heading: Heading = ""
    speed: float = 0.0
    stopped: bool = False
    stays: bool = False
    stirs: bool = False
    new: bool = False
    gone: bool = False
    side: str = ""
    ago: float = 0.0
    age: float = 0.0
    held: Literal["", "with", "taken"] = ""

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
        pan: Where the camera turns; empty when it stands.
        calm: Whether next to nothing changed from the last picture to the newest.
        restless: Whether too much moves to tell things apart.
        changed: What lies there newly, or is gone from its place, and has no name.
        things: Those with a name, then those that only move; the largest first.
        named: Whether a detector looked at the newest picture.
        colours: Names of the newest picture's largest colours.
    """

    pictures: int
    light: Light
    cut: bool
    pan: Heading
    calm: bool
    restless: bool
    things: tuple[Thing, ...]
    named: bool
    colours: tuple[str, ...]
    changed: tuple[Thing, ...] = ()

    @property
    def present(self) -> tuple[Thing, ...]:
        return tuple(thing for thing in self.things if not thing.gone)
