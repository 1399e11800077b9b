"""Which region of one picture is which of the next, and where it goes. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from models.sketch.regions import Region

_WORST = 1.3
"""Two regions that differ more than this are different things."""
_COLOUR_UNIT = 60.0
_SURPRISE = 0.4
"""How far from its foreseen place a thing may be, in picture widths."""


@dataclass(slots=True)
class Track:
    """One thing in several pictures.

    Attributes:
        sightings: Picture number and region, rising.
    """

    sightings: list[tuple[int, Region]] = field(default_factory=list)

    @property
    def first(self) -> Region:
        return self.sightings[0][1]

    @property
    def last(self) -> Region:
        return self.sightings[-1][1]

    @property
    def begin(self) -> int:
        return self.sightings[0][0]

    @property
    def end(self) -> int:
        return self.sightings[-1][0]


def follow(
    regions: Sequence[Sequence[Region]], times: Sequence[float], aspect: float
) -> list[Track]:
    """Tracks through the pictures, largest newest region first.

    ``times`` are seconds; ``aspect`` is height over width of the picture.
    """
    finished: list[Track] = []
    open_tracks: list[Track] = []
    for at, found in enumerate(regions):
        pairs = _matched(open_tracks, found, at, times, aspect)
        taken = {region for _, region in pairs}
        for track, region in pairs:
            open_tracks[track].sightings.append((at, found[region]))
        lost = [track for track in open_tracks if track.end < at]
        finished += lost
        fresh = [Track([(at, one)]) for number, one in enumerate(found) if number not in taken]
        open_tracks = [track for track in open_tracks if track.end == at] + fresh
    everything = finished + open_tracks
    return sorted(everything, key=lambda track: (-track.end, -track.last.share))


def _matched(
    tracks: Sequence[Track],
    found: Sequence[Region],
    at: int,
    times: Sequence[float],
    aspect: float,
) -> list[tuple[int, int]]:
    costs = sorted(
        (_cost(track, region, at, times, aspect), number, other)
        for number, track in enumerate(tracks)
        for other, region in enumerate(found)
    )
    pairs: list[tuple[int, int]] = []
    for cost, track_at, region_at in costs:
        free = all(track_at != one and region_at != two for one, two in pairs)
        if free and cost < _WORST:
            pairs.append((track_at, region_at))
    return pairs


def _cost(track: Track, region: Region, at: int, times: Sequence[float], aspect: float) -> float:
    last = track.last
    colour = float(np.abs(last.lab - region.lab).max()) / _COLOUR_UNIT
    size = abs(math.log(region.share / last.share)) / 1.2
    if last.edges or region.edges:
        size /= 2.5  # part of it is outside
    foreseen = _foreseen(track, times[at], times)
    away = math.hypot(region.x - foreseen[0], (region.y - foreseen[1]) * aspect)
    if len(track.sightings) > 1 and away > _SURPRISE:
        return math.inf
    return colour + size + away


def _foreseen(track: Track, when: float, times: Sequence[float]) -> tuple[float, float]:
    """Where it would be if it went on as before."""
    (at, last) = track.sightings[-1]
    if len(track.sightings) < 2:
        return (last.x, last.y)
    (before_at, before) = track.sightings[-2]
    elapsed = times[at] - times[before_at]
    ahead = (when - times[at]) / elapsed if elapsed > 0 else 0.0
    return (last.x + (last.x - before.x) * ahead, last.y + (last.y - before.y) * ahead)
