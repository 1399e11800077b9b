"""The demo film: a little scene that is drawn, so that what is in it is known.

One minute that repeats. In a meadow by day a red ball rolls from left to right and back again, and
the light goes out and comes on; then the picture cuts to a town at dusk, where a blue square and a
yellow ball pass each other and a green balloon comes nearer and rises out of the picture; between
these, nothing happens. `truth(t)` says what `frame(t)` shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np

from demo import painting
from demo.backdrops import HEIGHT, WIDTH, Backdrop, draw_backdrop
from demo.painting import Image

Colour = Literal["red", "blue", "yellow", "green"]
Shape = Literal["ball", "square"]

FPS = 30
DURATION = 60.0
"""Seconds after which the film begins again, with a cut."""

DARK = 0.12
"""Share of the daylight that is left while the light is out."""

BGR: dict[Colour, tuple[int, int, int]] = {
    "red": (36, 36, 222),
    "blue": (214, 92, 26),
    "yellow": (20, 208, 250),
    "green": (60, 160, 20),
}


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that moves: centre in pixels, velocity in pixels a second (x right, y down).

    size is the radius of a ball or half the side of a square, in pixels; growth is its change in
    pixels a second.
    """

    colour: Colour
    shape: Shape
    x: float
    y: float
    vx: float
    vy: float
    size: float
    growth: float = 0.0


@dataclass(frozen=True, slots=True)
class Truth:
    """What one frame shows.

    things holds everything of which at least a pixel is in the picture, light is 1 for full light
    and DARK for none, cut is true for the first frame of another backdrop.
    """

    backdrop: Backdrop
    things: tuple[Thing, ...]
    light: float
    cut: bool


@dataclass(frozen=True, slots=True)
class _Act:
    """A thing that is there from start to end; at(seconds since start) places it."""

    start: float
    end: float
    at: Callable[[float], Thing]


def truth(t: float) -> Truth:
    """What the film shows t seconds after its beginning; t may be any number."""
    moment = t % DURATION
    backdrop = _backdrop(moment)
    return Truth(
        backdrop=backdrop,
        things=_things(moment),
        light=_light(moment),
        cut=_backdrop((moment - 1 / FPS) % DURATION) != backdrop,
    )


def frame(t: float) -> Image:
    """The picture t seconds after the beginning: (HEIGHT, WIDTH, 3) uint8, BGR."""
    shown = truth(t)
    image = _still(shown.backdrop).copy()
    for thing in shown.things:
        _draw(image, thing, shadow=shown.backdrop == "meadow")
    if shown.light < 1:
        image = np.rint(np.arange(256) * shown.light).astype(np.uint8)[image]
    return image


@cache
def _still(backdrop: Backdrop) -> Image:
    return draw_backdrop(backdrop)


def _backdrop(moment: float) -> Backdrop:
    return "meadow" if moment < 27 else "town"


def _light(moment: float) -> float:
    """Out within a second from 19 s on, on again from 23 s on."""
    out = _smooth(moment - 19) - _smooth(moment - 23)
    return 1 - (1 - DARK) * out


def _smooth(x: float) -> float:
    x = min(max(x, 0.0), 1.0)
    return x * x * (3 - 2 * x)


def _things(moment: float) -> tuple[Thing, ...]:
    placed = (act.at(moment - act.start) for act in _ACTS if act.start <= moment < act.end)
    return tuple(thing for thing in placed if _in_picture(thing))


def _in_picture(thing: Thing) -> bool:
    return (
        -thing.size < thing.x < WIDTH + thing.size and -thing.size < thing.y < HEIGHT + thing.size
    )


def _crossing(
    colour: Colour, shape: Shape, *, y: float, size: float, seconds: float, leftwards: bool = False
) -> Callable[[float], Thing]:
    """From just outside one edge to just outside the other at constant speed."""
    speed = (WIDTH + 2 * size) / seconds

    def at(elapsed: float) -> Thing:
        way = speed * elapsed
        if leftwards:
            return Thing(colour, shape, WIDTH + size - way, y, -speed, 0.0, size)
        return Thing(colour, shape, way - size, y, speed, 0.0, size)

    return at


def _hopping(crossing: Callable[[float], Thing]) -> Callable[[float], Thing]:
    height, period = 60.0, 1.6

    def at(elapsed: float) -> Thing:
        thing = crossing(elapsed)
        phase = math.pi * (elapsed % period) / period
        speed = height * math.pi / period
        return replace(thing, y=thing.y - height * math.sin(phase), vy=-speed * math.cos(phase))

    return at


def _balloon(elapsed: float) -> Thing:
    """Comes nearer for eight seconds, hangs for one, then rises out of the picture."""
    x, y, near, far = WIDTH / 2, 250.0, 150.0, 16.0
    if elapsed < 8:
        growth = (near - far) / 8
        return Thing("green", "ball", x, y, 0, 0, far + growth * elapsed, growth)
    rising = max(elapsed - 9, 0.0)
    return Thing("green", "ball", x, y - 60 * rising**2, 0, -120 * rising, near)


_ACTS = (
    _Act(1, 9, _hopping(_crossing("red", "ball", y=420, size=46, seconds=8))),
    _Act(10, 17, _hopping(_crossing("red", "ball", y=420, size=46, seconds=7, leftwards=True))),
    _Act(28, 39, _crossing("blue", "square", y=412, size=52, seconds=11)),
    _Act(29, 39, _crossing("yellow", "ball", y=160, size=44, seconds=10, leftwards=True)),
    _Act(41, 53, _balloon),
)


def _draw(image: Image, thing: Thing, *, shadow: bool) -> None:
    x, y, size, colour = thing.x, thing.y, thing.size, BGR[thing.colour]
    if shadow:
        painting.ellipse(image, x, 472, (size, 9), (58, 104, 66))
    if thing.shape == "square":
        painting.square(image, x, y, size, colour)
        painting.square(image, x, y, size - 3, _lighter(colour))
        painting.square(image, x, y, size - 5, colour)
    else:
        gleam = size * 0.45
        painting.disc(image, x, y, size, colour)
        painting.disc(image, x - gleam, y - gleam, size * 0.16, _lighter(colour))


def _lighter(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    blue, green, red = (channel + (255 - channel) // 2 for channel in colour)
    return blue, green, red
