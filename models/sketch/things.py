"""From sightings to things: heading, coming and going, standing. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from models.sketch.scene import Box, Heading, Thing

Sighting = tuple[float, Box]
"""Seconds, rising, and where it was."""

_BORDER = 0.015
_LEAST_WAY = 0.05
"""Shortest way that counts as going somewhere, in picture widths."""
_CREEP = 0.03
"""Picture widths a second below which it stands."""
_STAND_SECONDS = 0.9
_EDGES = ("left", "top", "right", "bottom")


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
    name: str, colour: str, sightings: Sequence[Sighting], times: Sequence[float], aspect: float
) -> Thing:
    """The thing of a track through pictures of ``times``; ``aspect`` is height over width."""
    gone = sightings[-1][0] < times[-1]
    if gone or any(_at_border(sightings[-1][1], at, sightings[-1][1]) for at in (0, 2)):
        sightings = without_echoes(sightings)
    first, last = sightings[0], sightings[-1]
    recent = sightings[-3:]
    steps = [_step(one, two, aspect) for one, two in pairwise(recent)]
    right, down = sum(step[0] for step in steps), sum(step[1] for step in steps)
    elapsed = recent[-1][0] - recent[0][0]
    pace = math.hypot(*steps[-1]) / (recent[-1][0] - recent[-2][0]) if steps else 0.0
    went = math.hypot(right, down) >= _LEAST_WAY
    going = went and pace >= _CREEP and _agree(steps)
    if name and abs(right) > 0.7 * abs(down):
        down = 0.0  # who walks aside goes up and down in the picture with each step
    new = first[0] > times[0]
    shift = (steps[-1][0], steps[-1][1] if down else 0.0) if going else (0.0, 0.0)
    leaves = _crossed(last[1], *shift, aspect, 0.5 if gone or not name else 0.0) if going else ""
    return Thing(
        name=name,
        colour=colour,
        box=last[1],
        heading=heading_of(right, down) if going else "",
        speed=math.hypot(right, down) / elapsed if going else 0.0,
        stopped=not gone and pace < _CREEP and _span(sightings, aspect) >= 2 * _LEAST_WAY,
        stays=not gone and pace < _CREEP and last[0] - _still_since(sightings) >= _STAND_SECONDS,
        new=new,
        gone=gone,
        side=_entered(sightings, aspect) if new and not gone else leaves,
        ago=times[-1] - last[0],
        age=times[-1] - first[0],
    )


def without_echoes(sightings: Sequence[Sighting]) -> list[Sighting]:
    """A tracker tells for a while where it last saw what it does not see any more."""
    kept = list(sightings)
    while len(kept) > 1 and kept[-1][1] == kept[-2][1]:
        kept.pop()
    return kept


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


def _agree(steps: Sequence[tuple[float, float]]) -> bool:
    """Whether the last two steps go one way."""
    return len(steps) < 2 or steps[-1][0] * steps[-2][0] + steps[-1][1] * steps[-2][1] > -1e-4


def _span(sightings: Sequence[Sighting], aspect: float) -> float:
    return math.hypot(*_step(sightings[0], sightings[-1], aspect))


def _still_since(sightings: Sequence[Sighting]) -> float:
    """From when on every edge was where it is now, nearly."""
    now = sightings[-1][1]
    since = sightings[-1][0]
    for time, box in reversed(sightings):
        if max(abs(a - b) for a, b in zip(box, now, strict=True)) > 0.06:
            break
        since = time
    return since


def _crossed(box: Box, right: float, down: float, aspect: float, ahead: float) -> str:
    """The border that it touches and goes to, or reaches in ``ahead`` of that step."""
    ways = {"left": -right, "right": right, "top": -down / aspect, "bottom": down / aspect}
    gaps = dict(zip(_EDGES, (box[0], box[1], 1 - box[2], 1 - box[3]), strict=True))
    near = [
        edge for edge in _EDGES if ways[edge] > 0.02 and gaps[edge] < max(0.02, ahead * ways[edge])
    ]
    return max(near, key=lambda edge: ways[edge], default="")


def _entered(sightings: Sequence[Sighting], aspect: float) -> str:
    if len(sightings) < 2:
        return ""
    right, down = _step(sightings[0], sightings[1], aspect)
    return _crossed(sightings[0][1], -right, -down, aspect, 0.7)
