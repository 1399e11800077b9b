"""Who and what is where a condition looks, since when, and what of it is told. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from livekit.plugins.pressbox.scene import Box, Sight, TrackedObject

from config.alert_rule import Condition
from vision.names import ANIMALS, VEHICLES
from vision.tracker import overlap

LASTS = 1.2
"""Seconds for which something must be there before it counts."""
GONE = 2.0
"""Seconds for which it must not be seen before it has gone."""
KEPT = 4.0
"""Seconds for which it is kept in mind how many there were: for so long they may be hidden."""
SETTLES = 2.0
"""Seconds from the first sight on in which what comes was there already."""
SAME_PLACE = 0.3
"""Overlap (intersection over union) from which on a new id is the old object."""


@dataclass(slots=True, eq=False)
class _Visit:
    """One object where the condition looks.

    Attributes:
        id: Of the tracker; taken over by an object that comes up in the same place.
        missed: Time of the first sight since when it is not seen; None: it is in view.
    """

    id: int
    name: str
    box: Box
    begun: float
    last: float
    missed: float | None = None
    told: bool = False

    @property
    def lasts(self) -> bool:
        return self.last - self.begun >= LASTS


class Things:
    """Looks after what appears, stays or leaves."""

    def __init__(self, condition: Condition) -> None:
        self._condition = condition
        self._visits: list[_Visit] = []
        self._counts: deque[tuple[float, int]] = deque()
        self._first: float | None = None
        self._present = False

    def see(self, sight: Sight) -> bool:
        """Take the next sight; whether the condition hits now."""
        now = sight.capture_time
        self._first = now if self._first is None else self._first
        self._meet(sight)
        if self._condition.appears:
            return self._one_more(now, self._first + SETTLES)
        if self._condition.leaves:
            return self._none_left()
        return self._one_stays()

    def _meet(self, sight: Sight) -> None:
        now, matching = sight.capture_time, [one for one in sight.objects if self._is_one(one)]
        known = {visit.id: visit for visit in self._visits}
        fresh = {one.id for one in sight.came}
        for one in matching:
            visit = known.get(one.id) or self._returned(one, {other.id for other in matching})
            if visit is None:
                begun = min(one.since, now) if one.id in fresh or self._first == now else now
                visit = _Visit(one.id, one.name, one.box, begun, now)
                self._visits.append(visit)
            visit.id, visit.box, visit.last, visit.missed = one.id, one.box, now, None
        for visit in self._visits:
            if visit.last < now and visit.missed is None:
                visit.missed = now
        self._visits = [v for v in self._visits if v.missed is None or now - v.missed < GONE]

    def _returned(self, one: TrackedObject, seen: set[int]) -> _Visit | None:
        """The visit of an object that was lost where this one comes up."""
        lost = (v for v in self._visits if v.id not in seen and v.name == one.name)
        return next((v for v in lost if overlap(v.box, one.box) >= SAME_PLACE), None)

    def _is_one(self, one: TrackedObject) -> bool:
        region, (across, down) = self._condition.region, one.centre
        if region and not (region[0] <= across <= region[2] and region[1] <= down <= region[3]):
            return False
        return _is_named(one.name, self._condition.thing)

    def _one_more(self, now: float, settled: float) -> bool:
        there = [visit for visit in self._visits if visit.lasts and visit.last == now]
        while len(self._counts) > 1 and now - self._counts[0][0] > KEPT:
            self._counts.popleft()
        most = max((before for _, before in self._counts), default=0)
        self._counts.append((now, len(there)))
        return len(there) > most and any(visit.begun >= settled for visit in there)

    def _none_left(self) -> bool:
        there = any(visit.lasts for visit in self._visits)
        was, self._present = self._present, there
        return was and not there

    def _one_stays(self) -> bool:
        wanted = self._condition.seconds or 0.0
        long = [v for v in self._visits if not v.told and v.last - v.begun >= wanted]
        for visit in long:
            visit.told = True
        return bool(long)


def _is_named(name: str, wanted: str) -> bool:
    groups = {"anything": True, "vehicle": name in VEHICLES, "animal": name in ANIMALS}
    return groups.get(wanted, name == wanted)
