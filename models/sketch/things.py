"""From tracks to things: heading, speed, growth, coming and going. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from models.sketch.regions import Region
from models.sketch.scene import Heading, Thing
from models.sketch.tracks import Track

_LEAST_WAY = 0.035
"""Shortest way that counts as going somewhere, in picture widths."""
GROWN, SHRUNK = 1.3, 0.77
"""Growth from which on a thing gets bigger or smaller."""
_LEAST_STOPPED = 0.01
_SHALLOW = 0.55
_SURE_SHARE = 0.006
_TURN = -0.3
"""Cosine of the sharpest turn that is still one heading."""


def heading_of(right: float, down: float) -> Heading:
    """The nearest of eight directions, the four plain ones preferred."""
    sideways: Heading = "right" if right > 0 else "left"
    upright: Heading = "down" if down > 0 else "up"
    if abs(right) > 1.8 * abs(down):
        return sideways
    if abs(down) > 1.8 * abs(right):
        return upright
    both: dict[tuple[str, str], Heading] = {
        ("left", "up"): "left up",
        ("left", "down"): "left down",
        ("right", "up"): "right up",
        ("right", "down"): "right down",
    }
    return both[sideways, upright]


def make(
    track: Track, times: Sequence[float], aspect: float, *, person: bool, remains: bool
) -> Thing:
    """The thing of a track; ``times`` are seconds, ``aspect`` is the picture's height over width.

    ``remains`` says that the newest picture still shows it where it was last seen.
    """
    newest = len(times) - 1
    gone = track.end < newest and not remains
    new = track.begin > 0
    first, last = track.first, track.last
    right, down, elapsed = _way(track, times, aspect)
    speed = math.hypot(right, down) / elapsed if elapsed > 0 else 0.0
    return Thing(
        colour=_colour(track),
        shape=_shape(track),
        person=person,
        share=last.share,
        start=(first.x, first.y),
        place=(last.x, last.y),
        heading=heading_of(right, down) if elapsed > 0 else "",
        speed=speed,
        growth=_growth(track),
        seen=len(track.sightings),
        new=new,
        gone=gone,
        stopped=remains,
        side=_side(last if gone else first, right, down, leaving=gone) if gone or new else "",
        ago=times[newest] - times[track.end],
        box=last.box,
    )


def is_sure(track: Track, thing: Thing) -> bool:
    """Whether enough was seen of it to speak of a thing, and not of a twitch somewhere."""
    if thing.stopped and not thing.heading:
        return thing.growth > GROWN or thing.growth < SHRUNK
    if thing.stopped and thing.share < _LEAST_STOPPED:
        return False
    if thing.seen == 1:
        enough = 0.012 if thing.gone or not thing.side else 0.006
        return thing.share >= enough and not (thing.gone and thing.new)
    if thing.seen == 2:
        return thing.share >= 0.005 or bool(thing.heading and _alike(track))
    return thing.share >= 0.008 or bool(thing.heading)


def _alike(track: Track) -> bool:
    sizes = [region.share for _, region in track.sightings]
    return max(sizes) < 1.6 * min(sizes)


def _way(track: Track, times: Sequence[float], aspect: float) -> tuple[float, float, float]:
    """The way of the last steps that have one heading: right, down in widths, and its seconds.

    All zero when it goes nowhere or its last step contradicts the whole.
    """
    sightings = track.sightings[-3:]
    steps = [
        ((two.x - one.x), (two.y - one.y) * aspect) for (_, one), (_, two) in pairwise(sightings)
    ]
    if not steps:
        return (0.0, 0.0, 0.0)
    if len(steps) == 2 and _cosine(steps[0], steps[1]) < _TURN:
        steps, sightings = steps[1:], sightings[1:]
    right, down = sum(step[0] for step in steps), sum(step[1] for step in steps)
    elapsed = times[sightings[-1][0]] - times[sightings[0][0]]
    if math.hypot(right, down) < _LEAST_WAY or elapsed <= 0:
        return (0.0, 0.0, 0.0)
    return (right, down, elapsed)


def _cosine(one: tuple[float, float], other: tuple[float, float]) -> float:
    lengths = math.hypot(*one) * math.hypot(*other)
    return (one[0] * other[0] + one[1] * other[1]) / lengths if lengths > 1e-4 else 1.0


def _growth(track: Track) -> float:
    """By area and by outline, whichever says less; 1 unless it grows, or shrinks, all the time."""
    whole = [region for _, region in track.sightings if not region.edges]
    if len(whole) < 2:
        return 1.0
    areas = [math.sqrt(region.share) for region in whole]
    outlines = [math.hypot(one.box[2] - one.box[0], one.box[3] - one.box[1]) for one in whole]
    factors = [sizes[-1] / sizes[0] for sizes in (areas, outlines)]
    if all(_rising(sizes) for sizes in (areas, outlines)):
        return min(factors)
    if all(_rising(sizes[::-1]) for sizes in (areas, outlines)):
        return max(factors)
    return 1.0


def _rising(sizes: Sequence[float]) -> bool:
    return all(after > 0.97 * before for before, after in pairwise(sizes))


def _colour(track: Track) -> str:
    """The newest name that at least half of the sightings agree on."""
    names = [region.colour for _, region in track.sightings]
    for name in reversed(names):
        if name and 2 * names.count(name) >= len(names):
            return name
    return ""


def _shape(track: Track) -> str:
    shapes = [region.shape for _, region in track.sightings if not region.edges]
    return shapes[-1] if shapes and all(shape == shapes[-1] for shape in shapes) else ""


def _side(region: Region, right: float, down: float, *, leaving: bool) -> str:
    """The border that the thing crossed: it touches it or would have reached it, and goes there.

    Where no way is known, it must reach in a little from one border only: what stands there from
    border to border need not have crossed any.
    """
    sign = 1 if leaving else -1
    ways = {"left": -right, "right": right, "top": -down, "bottom": down}
    if right == down == 0:
        edges = [edge for edge in region.edges if _depth(region, edge) < _SHALLOW]
        big = region.share >= _SURE_SHARE
        return edges[0] if big and len(edges) == len(region.edges) == 1 else ""
    if region.share < _SURE_SHARE and not leaving:
        return ""
    fitting = [edge for edge in region.edges if sign * ways[edge] > 0]
    if fitting:
        return max(fitting, key=lambda edge: sign * ways[edge])
    gaps = {edge: _gap(region, edge) for edge in ways}
    near = {edge: gap for edge, gap in gaps.items() if sign * ways[edge] > gap > 0}
    return min(near, key=lambda edge: near[edge]) if near else ""


def _gap(region: Region, edge: str) -> float:
    """How far it is from a border."""
    left, top, right, bottom = region.box
    return {"left": left, "right": 1 - right, "top": top, "bottom": 1 - bottom}[edge]


def _depth(region: Region, edge: str) -> float:
    """How far it reaches into the picture from a border."""
    left, top, right, bottom = region.box
    return {"left": right, "right": 1 - left, "top": bottom, "bottom": 1 - top}[edge]
