"""What was measured in a window. Pure data; everything that is said comes from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.sketch.light import Light

Heading = Literal[
    "", "left", "right", "up", "down", "left up", "right up", "left down", "right down"
]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that moves, comes or goes.

    Attributes:
        colour: A name, two joined by "and", or empty.
        shape: ``round``, ``square`` or empty.
        person: Whether it has the outline of a person or a face.
        share: Its area as a share of the picture, when last seen.
        start, place: Its centre when first and last seen; 0 to 1 from left to right and from top
            to bottom.
        heading: Where it goes, in the picture; empty when it stays or wavers.
        speed: Picture widths a second.
        growth: Its width and height at the end, as a factor of those at the beginning; 1 where it
            touches the border and cannot be measured.
        seen: In how many pictures.
        new: Whether it came into the picture within the window.
        gone: Whether it is no longer in the newest picture.
        stopped: Whether it went somewhere and now stands there.
        side: The border over which it came, or went if it is gone; empty when it was none.
        ago: Seconds since it was last seen.
        box: Left, top, right, bottom when last seen.
    """

    colour: str
    shape: str
    person: bool
    share: float
    start: tuple[float, float]
    place: tuple[float, float]
    heading: Heading
    speed: float
    growth: float
    seen: int
    new: bool
    gone: bool
    stopped: bool
    side: str
    ago: float
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Patch:
    """A colour of the newest picture, with its share of it and its middle."""

    colour: str
    share: float
    place: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scene:
    """A window.

    Attributes:
        pictures: How many there are.
        seconds: From the oldest to the newest.
        light: How bright, and what the light did.
        cut: Whether the picture became another one within the window.
        pan: Where the camera turns; empty when it stands.
        restless: Whether too much moves to tell things apart.
        things: What moves, the most important first.
        stir: Where something small moves that is no thing of its own; None when nothing does.
        faces: Boxes of frontal faces in the newest picture.
        colours: Of the newest picture, largest first.
    """

    pictures: int
    seconds: float
    light: Light
    cut: bool
    pan: Heading
    restless: bool
    things: tuple[Thing, ...]
    stir: tuple[float, float] | None
    faces: tuple[tuple[float, float, float, float], ...]
    colours: tuple[Patch, ...]

    @property
    def present(self) -> tuple[Thing, ...]:
        """Things in the newest picture."""
        return tuple(thing for thing in self.things if not thing.gone)

    @property
    def still(self) -> bool:
        """Whether nothing at all happens, as far as can be told."""
        happens = self.cut or self.restless or self.pan or self.light.change or self.things
        return not happens and self.stir is None and self.pictures > 1 and not self.light.black
