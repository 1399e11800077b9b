"""Follows objects from picture to picture, and says which are surely there. Pure.

In the manner of SORT and ByteTrack, for 0.1 to 4 pictures a second: boxes jump by more than their
width between two pictures, so nearness relative to size counts beside overlap; weak detections keep
an object in view and never make one sure. A small network is also wrong with confidence (a car from
above is a "cell phone" at 0.9), so nearly all detections of an object, weak ones too, must agree on
its name, and what travels without a person touching it is nothing that is carried.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from vision.detection import Box, Detection, TrackedObject
from vision.names import ANIMALS, VEHICLES

_SURE_AT_ONCE = 0.8
"""A person of this score is believed after one picture."""
_PERSON = 0.5
_OTHER = 0.65
_STILL = 0.75
"""Scores from which a detection makes a person, an animal or vehicle, anything else sure; below, it
keeps it in view or doubts it."""
_DOUBTED = frozenset({"fire hydrant", "frisbee", "kite", "parking meter"})
"""Never sure: bollards, round tables and roofs of cars are called so, with scores up to 0.8."""
_AGREED = 0.7
"""Share of an object's name in all that it was called."""
_FADING = 0.95
"""What an older picture's call is worth, by picture."""
_SAME_PLACE = 0.7
"""Overlap from which two detections in one picture are two names for one object."""
_MISSED = 1.5
"""Seconds for which an object in view may go unseen; at slow paces one picture, up to _LONGEST."""
_LONGEST = 3.0
_LEFT = 0.75
"""Seconds for what was last seen on its way out of the picture."""
_REFOUND = 12.0
"""Seconds after which nothing is taken for what was there before."""
_REACH = 1.0
"""How far an object gets in half a second, in its own sizes; at most twice that in any time."""
_FLICKER = 0.5
"""Overlap from which on a new name for an object in view, or a strong one for what was weak, is a
mistake, not another object."""
_MOVED = 0.3
"""From how far on something has moved, in its own sizes."""
_LEAST_LIKENESS = 0.2
_FIRST = 0.3
"""What it counts beside likeness that an object is in view, and that a detection is no weak one:
shadows and halves of somebody must not take their place."""
_MOST = 64
"""Objects followed, and detections looked at in one picture."""
_FREE = frozenset({"person", "sports ball"}) | ANIMALS | VEHICLES
"""What moves with nobody touching it."""


@dataclass(slots=True, eq=False)
class _Track:
    id: int
    box: Box
    since: float
    seen: float
    calls: dict[str, float]
    stood: Box
    hits: deque[bool] = field(default_factory=lambda: deque(maxlen=4))
    velocity: tuple[float, float] = (0.0, 0.0)
    confirmed: bool = False
    alone: bool = False

    @property
    def name(self) -> str:
        return max(self.calls, key=lambda name: self.calls[name])

    @property
    def sure(self) -> bool:
        """Whether it was seen often enough, and one name is agreed on that may be true."""
        name = self.name
        agreed = self.calls[name] >= _AGREED * sum(self.calls.values())
        possible = name not in _DOUBTED and (name in _FREE or not self.alone)
        return self.confirmed and agreed and possible

    def predicted(self, time: float) -> Box:
        after = min(time - self.seen, 1.0)
        dx, dy = self.velocity[0] * after, self.velocity[1] * after
        left, top, right, bottom = self.box
        return left + dx, top + dy, right + dx, bottom + dy


class Tracker:
    """The objects of one source. Ids begin at 1 and are never used again, also after a jump back.
    Bounded.
    """

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._next_id = 1
        self._time = -math.inf

    def update(self, time: float, detections: Iterable[Detection]) -> tuple[TrackedObject, ...]:
        """What is surely in view at ``time`` (monotonic seconds), by id.

        ``detections`` are all that the detector found in the picture of that time, weak ones too.
        A time before the last one begins anew: the source's clock has jumped.
        """
        if time < self._time:
            self.forget()
        patience = min(max(_MISSED, 1.2 * (time - self._time)), _LONGEST)
        self._time = time
        found = sorted(detections, key=lambda one: one.score, reverse=True)[:_MOST]
        persons = [one.box for one in found if one.name == "person"]
        self._tracks = [track for track in self._tracks if time - track.seen <= _REFOUND]
        for track in self._tracks:
            track.hits.append(False)
        self._associate(time, found, persons)
        self._tracks = [
            track
            for track in self._tracks
            if time - track.seen <= (min(patience, _LEFT) if _leaves(track, time) else patience)
        ]
        if len(self._tracks) > _MOST:
            self._tracks = sorted(self._tracks, key=lambda track: track.seen)[-_MOST:]
        for track in self._tracks:
            track.confirmed = track.confirmed or _confirmed(track)
        return tuple(
            TrackedObject(track.id, track.name, track.box, track.since, track.seen)
            for track in sorted(self._tracks, key=lambda track: track.id)
            if track.sure
        )

    def forget(self) -> None:
        """After a cut: nothing of what was in view is any more. Ids go on."""
        self._tracks.clear()

    def _associate(self, time: float, found: list[Detection], persons: list[Box]) -> None:
        """Gives each detection to a track, as the same thing or a second name, or begins one."""
        taken: dict[int, _Track] = {}
        for track, at in _pairs(time, self._tracks, found):
            taken[at] = track
            _follow(track, time, found[at], persons)
        for at, one in enumerate(found):
            if at in taken:
                continue
            same = (track for track in taken.values() if overlap(track.box, one.box) > _SAME_PLACE)
            if known := next(same, None):
                known.calls[one.name] = known.calls.get(one.name, 0.0) + one.score
            else:
                taken[at] = self._begin(time, one)

    def _begin(self, time: float, one: Detection) -> _Track:
        track = _Track(self._next_id, one.box, time, time, {one.name: one.score}, stood=one.box)
        self._next_id += 1
        track.hits.append(_strong(one))
        track.confirmed = one.name == "person" and one.score >= _SURE_AT_ONCE
        self._tracks.append(track)
        return track


def _leaves(track: _Track, time: float) -> bool:
    """Whether a quarter of it would be outside by now, had it gone on as it went."""
    left, top, right, bottom = track.predicted(time)
    wide, high = (right - left) / 4, (bottom - top) / 4
    return min(left, 1 - right) < -wide or min(top, 1 - bottom) < -high


def _strong(one: Detection) -> bool:
    if one.name == "person":
        return one.score >= _PERSON
    return one.score >= (_OTHER if one.name in _FREE else _STILL)


def _confirmed(track: _Track) -> bool:
    """Seen in two of the last three pictures; what neither lives nor drives, in three of four."""
    hits = list(track.hits)
    return sum(hits[-3:]) >= 2 if track.name in _FREE else sum(hits) >= 3


def _pairs(
    time: float, tracks: Sequence[_Track], found: Sequence[Detection]
) -> Iterable[tuple[_Track, int]]:
    """Each track's detection, the likest pair first."""
    ranked = sorted(
        (-likeness - _FIRST * (track.confirmed + _strong(one)), number, at)
        for number, track in enumerate(tracks)
        for at, one in enumerate(found)
        if (likeness := _likeness(time, track, one)) >= _LEAST_LIKENESS
    )
    used_tracks: set[int] = set()
    used: set[int] = set()
    for _, number, at in ranked:
        if number not in used_tracks and at not in used:
            used_tracks.add(number)
            used.add(at)
            yield tracks[number], at


def _likeness(time: float, track: _Track, one: Detection) -> float:
    """0 to 1: whether the detection is where the track could be by now, and what it was."""
    expected = track.predicted(time)
    known = one.name in track.calls
    if not known and (track.confirmed or _strong(one)) and overlap(expected, one.box) < _FLICKER:
        return 0.0
    reach = _REACH * min(max((time - track.seen) / 0.5, 1.0), 2.0)
    near = max(overlap(expected, one.box), 1 - _distance(expected, one.box) / reach)
    alike = math.sqrt(min(_area(expected), _area(one.box)) / max(_area(expected), _area(one.box)))
    return near * (0.6 + 0.4 * alike) * (1.0 if known else 0.6)


def _follow(track: _Track, time: float, one: Detection, persons: list[Box]) -> None:
    if _distance(track.stood, one.box) > _MOVED:
        touched = any(_shared(box, part) for box in persons for part in (track.box, one.box))
        track.alone = track.alone or not touched
        track.stood = one.box
    seconds = max(time - track.seen, 0.05)
    (x, y), (was_x, was_y) = _centre(one.box), _centre(track.box)
    across, down = track.velocity
    track.velocity = (across + (x - was_x) / seconds) / 2, (down + (y - was_y) / seconds) / 2
    faded = {name: call * _FADING for name, call in track.calls.items()}
    track.calls = {name: call for name, call in faded.items() if call > 0.05}
    track.calls[one.name] = track.calls.get(one.name, 0.0) + one.score
    track.box, track.seen = one.box, time
    track.hits[-1] = _strong(one)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0 to 1."""
    both = _shared(one, other)
    return both / (_area(one) + _area(other) - both)


def _shared(one: Box, other: Box) -> float:
    """Area that is in both."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)


def _distance(one: Box, other: Box) -> float:
    """Between the centres, in mean sizes of the two."""
    sizes = (one[2] - one[0], one[3] - one[1], other[2] - other[0], other[3] - other[1])
    (ax, ay), (bx, by) = _centre(one), _centre(other)
    return math.hypot(ax - bx, ay - by) / max(sum(sizes) / 4, 1e-6)


def _centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _area(box: Box) -> float:
    return max((box[2] - box[0]) * (box[3] - box[1]), 1e-9)
