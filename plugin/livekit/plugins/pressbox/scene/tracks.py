"""Follows blobs from picture to picture, and says which of them are something. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .blobs import Blob
from .sight import Box

HIGH = 9 / 16
"""Height of a picture in widths, so that ways count alike in both directions."""
WAY = 0.04
"""Widths of the picture that a mover has to go."""
USUAL_WAY = 0.15
"""The same where leaves, waves or a fan move anyway."""
LEAP = 0.08
"""The same where pictures are so rare that two must do."""
STAY = 1.0
"""Seconds for which a change in place must last to be one."""

_LOOK_BACK = 1.2
_STRAIGHT, _JUMP, _EVEN = 0.75, 0.8, 0.6
_FASTEST, _NEAR = 0.9, 0.06
_FORGET = 0.5
_USUAL = 0.25
_SELDOM, _LARGE = 0.4, 0.012
_START = 2.5
_SOLID = 0.5


@dataclass(slots=True, eq=False)
class Track:
    """One blob over time.

    Attributes:
        seen: (time, measures), where measures are left, top, right, bottom edge and the centre's
            place, in widths.
        moved: Time at which it last travelled.
        stayed: Time at which it was found to be there to stay.
    """

    blob: Blob
    since: float
    seen: deque[tuple[float, tuple[float, ...]]] = field(default_factory=deque)
    moved: float | None = None
    stayed: float | None = None

    def add(self, time: float, blob: Blob) -> None:
        self.blob = blob
        self.seen.append((time, _measures(blob.box)))
        while len(self.seen) > 4 and self.seen[0][0] < time - _LOOK_BACK:
            self.seen.popleft()

    def way(self) -> float:
        """Widths that one of its edges, or its centre, went straight on of late."""
        return max(_straight(values) for values in zip(*(m for _, m in self.seen), strict=True))

    def leap(self) -> float:
        """How far something large went in two pictures that are far apart in time."""
        (before, old), (now, new) = self.seen[0], self.seen[-1]
        if len(self.seen) != 2 or now - before < _SELDOM or self.blob.area < _LARGE:
            return 0.0
        return max(abs(a - b) for a, b in zip(old, new, strict=True))

    def whole_way(self) -> float:
        """The same, but all of it went: both edges and the centre."""
        left, top, right, bottom, x, y = (
            _straight(values, _EVEN) for values in zip(*(m for _, m in self.seen), strict=True)
        )
        return max(min(left, right, x), min(top, bottom, y))


class Tracks:
    """All that is followed now."""

    def __init__(self, start: float) -> None:
        self._start = start
        self._tracks: list[Track] = []

    def see(self, time: float, found: Sequence[Blob]) -> list[Track]:
        """Follow one picture's blobs; the tracks that are in it."""
        step = max((time - t.seen[-1][0] for t in self._tracks), default=0.0)
        pairs = sorted(
            (apart, i, j)
            for i, track in enumerate(self._tracks)
            for j, blob in enumerate(found)
            if (apart := _apart(track.blob, blob)) < _NEAR + _FASTEST * step
        )
        here: dict[int, Track] = {}
        used: set[int] = set()
        for _, i, j in pairs:
            if i not in used and j not in here:
                used.add(i)
                here[j] = self._tracks[i]
        for j, blob in enumerate(found):
            track = here.setdefault(j, Track(blob, time))
            track.add(time, blob)
        kept = [t for i, t in enumerate(self._tracks) if i not in used]
        kept = [t for t in kept if time - t.seen[-1][0] < _FORGET]
        self._tracks = [*here.values(), *kept]
        for track in here.values():
            self._judge(track, time)
        return list(here.values())

    def drop(self, tracks: Iterable[Track]) -> None:
        gone = {id(track) for track in tracks}
        self._tracks = [track for track in self._tracks if id(track) not in gone]

    def _judge(self, track: Track, time: float) -> None:
        if time - self._start < _START or track.blob.solid < _SOLID:
            return
        unusual = track.blob.usual < _USUAL
        if unusual:
            far = track.way() >= WAY or track.leap() >= LEAP
        else:
            far = track.whole_way() >= USUAL_WAY
        track.moved = time if far else track.moved
        if track.stayed is None and unusual:
            lasted = time - track.since >= STAY and track.blob.quiet_for >= STAY
            if lasted and _is_a_thing(track.blob):
                track.stayed = time


def _is_a_thing(blob: Blob) -> bool:
    """Large enough, and not as flat as a line of text."""
    left, top, right, bottom = blob.box
    return blob.area >= 0.006 and (bottom - top) >= 0.075 and (right - left) >= 0.025


def _measures(box: Box) -> tuple[float, ...]:
    left, top, right, bottom = box
    x, y = (left + right) / 2, (top + bottom) / 2
    return (left, top * HIGH, right, bottom * HIGH, x, y * HIGH)


def _straight(values: Sequence[float], most: float = _JUMP) -> float:
    """The longest straight way that ends at the last of three or more values.

    No single step of it is more than the part ``most`` of it.
    """
    best = path = jump = 0.0
    last = values[-1]
    for back in range(len(values) - 2, -1, -1):
        step = abs(values[back + 1] - values[back])
        path, jump = path + step, max(jump, step)
        net = abs(last - values[back])
        if len(values) - back >= 3 and net >= _STRAIGHT * path and jump <= most * net:
            best = max(best, net)
    return best


def _apart(one: Blob, other: Blob) -> float:
    """Widths between the centres, and more for a difference in size."""
    a, b = _measures(one.box), _measures(other.box)
    between = max(abs(a[4] - b[4]), abs(a[5] - b[5]))
    overlap = a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ratio = max(one.area, other.area) / min(one.area, other.area)
    if overlap:
        return min(between, 0.05) + 0.002 * ratio
    return between if ratio < 4 else 9.0
