"""When each camera of a room was switched on. Pure; times are `time.monotonic()` seconds."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from agent.picture.published import Track

OUTAGE = 600.0
"""Seconds within which a person whose connection was lost is the same as before."""

REJOINING = 10.0
"""The same for one who has left: clients that join anew say that they leave."""

SETTLING = 15.0
"""Seconds after a booth's start in which an ingress that appears is one that was there before: a
server that came back brings everybody back, in any order.
"""

REMEMBERED = 256
"""Cameras whose place is kept."""

Stamp = tuple[int, int, float]


@dataclass(slots=True)
class _Place:
    stamp: Stamp
    participant: str
    until: float = math.inf
    """When a person who is gone loses it."""


class Newest:
    """When each camera was switched on, as far as can be known.

    - Switched on is what is published, or unmuted, while the booth is there. What it finds when it
      comes was switched on before: people's after all ingresses, each in the order of joining.
    - An ingress keeps its place whatever happens: nobody's hand brings it back.
    - A person whose connection was lost comes back as another participant of the same identity
      and keeps the place for a while. The same participant who publishes again has switched it on
      anew.
    """

    def __init__(self) -> None:
        self._settled: float | None = None
        self._count = itertools.count(1)
        self._places: dict[tuple[str, ...], _Place] = {}
        self._muted: dict[str, bool] = {}

    def look(self, tracks: list[Track], now: float) -> None:
        """Take note of what is published now."""
        first = self._settled is None
        self._settled = now + SETTLING if self._settled is None else self._settled
        for track in sorted(tracks, key=lambda one: one.joined):
            place = self._places.get(_key(track))
            if place and not self._is_by_hand(track, place, now):
                place.participant, place.until = track.participant, math.inf
                continue
            stamp: Stamp = (1, 0, next(self._count))
            if place is None and (first or (track.by == "ingress" and now < self._settled)):
                stamp = (0, track.by != "ingress", track.joined)
            self._places[_key(track)] = _Place(stamp, track.participant)
        for key in self._places.keys() - {_key(one) for one in tracks}:
            self._places[key].until = min(self._places[key].until, now + OUTAGE)
        self._muted = {one.sid: one.muted for one in tracks}
        self._forget_oldest()

    def stamp(self, track: Track) -> Stamp:
        """The later it was switched on, the greater."""
        return self._places[_key(track)].stamp

    def left(self, identity: str, now: float) -> None:
        """A person, whose tracks are gone, has left by itself."""
        for key, place in self._places.items():
            if key[0] == identity:
                place.until = min(place.until, now + REJOINING)

    def _is_by_hand(self, track: Track, place: _Place, now: float) -> bool:
        """Whether a camera that had its place has been switched on again."""
        if track.by == "ingress":
            return False
        if track.sid in self._muted:
            return self._muted[track.sid] and not track.muted
        return track.participant == place.participant or now > place.until

    def _forget_oldest(self) -> None:
        gone = sorted((one.until, key) for key, one in self._places.items() if one.until < math.inf)
        for _, key in gone[: max(len(self._places) - REMEMBERED, 0)]:
            del self._places[key]


def _key(track: Track) -> tuple[str, ...]:
    return track.identity, track.kind, track.name
