"""Which of a room's video tracks the booth watches, and which it tries beside it. Pure.

All times are `time.monotonic()` seconds, but for `Track.joined`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

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

TRIAL = 10.0
"""Seconds in which a track that is tried has to bring a picture."""

FIRST_PAUSE, LONGEST_PAUSE = 15.0, 600.0
"""Seconds until a track that brought none is tried again: doubled each time, up to the last."""

Stamp = tuple[int, int, float]


@dataclass(frozen=True, slots=True)
class Track:
    """A published video track.

    `participant` is the participant's sid, which a rejoin changes; `joined` is when it joined, Unix
    seconds; `source` is LiveKit's kind of source. `barrier` is why it can never be seen here, ""
    for no reason.
    """

    sid: str
    identity: str
    participant: str
    source: int = 0
    name: str = ""
    joined: float = 0.0
    muted: bool = False
    screen: bool = False
    agent: bool = False
    """Published by an agent, this one included: watched only when it is named."""
    ingress: bool = False
    small: bool = False
    """An ingress's small second picture, for the engine: never watched."""
    encrypted: bool = False
    barrier: str = ""


@dataclass(slots=True)
class _Place:
    stamp: Stamp
    participant: str
    gone: float | None = None
    kept: float = OUTAGE


class Newest:
    """When each camera was switched on, as far as can be known.

    - Switched on is what is published, or unmuted, while the booth is there. What it finds when it
      comes was switched on before: people's after all ingresses, each in the order of joining.
    - An ingress keeps its place whatever happens: nobody's hand brings it back.
    - A person whose connection was lost comes back as another participant of the same identity
      and keeps the place, for `OUTAGE` seconds; one who left (`left`) for `REJOINING` seconds. The
      same participant who publishes again has switched it on anew.
    """

    def __init__(self) -> None:
        self._begun: float | None = None
        self._count = itertools.count(1)
        self._places: dict[tuple[str, int, str], _Place] = {}
        self._muted: dict[str, bool] = {}

    def look(self, tracks: list[Track], now: float) -> None:
        """Take note of what is published now."""
        first = self._begun is None
        self._begun = now if self._begun is None else self._begun
        present = set()
        for track in sorted(tracks, key=lambda one: (not one.ingress, one.joined, one.sid)):
            present.add(_key(track))
            self._note(track, first, now)
        for key, place in self._places.items():
            if key not in present and place.gone is None:
                place.gone = now
        self._muted = {one.sid: one.muted for one in tracks}
        self._forget_oldest()

    def stamp(self, track: Track) -> Stamp:
        """The later it was switched on, the greater."""
        return self._places[_key(track)].stamp

    def left(self, identity: str) -> None:
        """A person has left by itself."""
        for key, place in self._places.items():
            if key[0] == identity:
                place.kept = REJOINING

    def _note(self, track: Track, first: bool, now: float) -> None:
        place = self._places.get(_key(track))
        if place is None or self._is_by_hand(track, place, now):
            was_there = first or (track.ingress and now - (self._begun or now) < SETTLING)
            self._places[_key(track)] = _Place(
                (0, not track.ingress, track.joined)
                if was_there and place is None
                else (1, 0, next(self._count)),
                track.participant,
            )
        else:
            place.participant, place.gone, place.kept = track.participant, None, OUTAGE

    def _is_by_hand(self, track: Track, place: _Place, now: float) -> bool:
        """Whether a camera that had its place has been switched on again."""
        if track.ingress:
            return False
        if track.sid in self._muted:
            return self._muted[track.sid] and not track.muted
        if track.participant == place.participant:
            return True
        return place.gone is not None and now - place.gone > place.kept

    def _forget_oldest(self) -> None:
        gone = sorted((one.gone, key) for key, one in self._places.items() if one.gone is not None)
        for _, key in gone[: max(len(self._places) - REMEMBERED, 0)]:
            del self._places[key]


def _key(track: Track) -> tuple[str, int, str]:
    return track.identity, track.source, track.name


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to do now.

    `watch` is shown, `beside` is only waited for until it brings a picture. `passed_over` names
    one that would be watched if it could be seen, and why it cannot. `again` is when to look again
    if nothing happens before.
    """

    watch: Track | None = None
    beside: Track | None = None
    passed_over: str = ""
    again: float | None = None


@dataclass(frozen=True, slots=True)
class _Failure:
    count: int
    due: float


class Choice:
    """Chooses, and remembers who brought a picture and who did not.

    With an identity in `wanted` only that participant counts. The newest camera of anyone but an
    agent is watched, then the newest screen. While that one can be seen, a better one takes its
    place with its first picture and not before; one that brings none is passed over, and tried
    again with backoff. Where nothing can be seen, what is there is watched all the same, cameras
    that are switched on first: somebody has to be named.
    """

    def __init__(self) -> None:
        self.newest = Newest()
        self.seen: set[str] = set()
        """Sids of the tracks that bring pictures, as far as is known."""
        self._failed: dict[str, _Failure] = {}
        self._watch = self._beside = ""
        self._until = 0.0

    def look(self, tracks: list[Track], wanted: str, now: float) -> Chosen:
        """What to watch of these tracks."""
        self.newest.look(tracks, now)
        self._forget(tracks)
        if self._beside and now >= self._until:
            self._fail(self._beside, now)
        eligible = [
            one
            for one in tracks
            if not one.small and (one.identity == wanted if wanted else not one.agent)
        ]
        watch = self._best(eligible)
        beside = self._better(eligible, watch, now) if watch else None
        self._watch, tried = watch.sid if watch else "", beside.sid if beside else ""
        if tried != self._beside:
            self._beside, self._until = tried, now + TRIAL
        moments = [one.due for one in self._failed.values() if one.due > now]
        moments += [self._until] if tried else []
        again = min(moments, default=None)
        return Chosen(watch, beside, self._passed_over(eligible, watch), again)

    def brings(self, sid: str) -> None:
        """A picture of this track has come."""
        self.seen.add(sid)
        self._failed.pop(sid, None)

    def give_up(self, now: float) -> None:
        """The watched track brings no picture, whatever was tried."""
        if self._watch:
            self._fail(self._watch, now)

    def _fail(self, sid: str, now: float) -> None:
        before = self._failed.get(sid)
        count = before.count + 1 if before else 0
        pause = min(FIRST_PAUSE * 2 ** min(count, 16), LONGEST_PAUSE)
        self._failed[sid] = _Failure(count, now + pause)
        self.seen.discard(sid)

    def _forget(self, tracks: list[Track]) -> None:
        """One that is gone or off has to prove itself again."""
        sids = {one.sid for one in tracks if not one.muted}
        self.seen &= sids
        self._failed = {sid: one for sid, one in self._failed.items() if sid in sids}
        if self._beside not in sids:
            self._beside = ""

    def _merit(self, track: Track) -> tuple[bool, Stamp, str]:
        return not track.screen, self.newest.stamp(track), track.sid

    def _best(self, eligible: list[Track]) -> Track | None:
        seen = [one for one in eligible if one.sid in self.seen]
        return max(
            seen or eligible,
            key=lambda one: (
                not one.barrier,
                not one.muted,
                one.sid not in self._failed,
                *self._merit(one),
            ),
            default=None,
        )

    def _better(self, eligible: list[Track], watch: Track, now: float) -> Track | None:
        """Which one to try beside `watch`."""
        if watch.sid not in self.seen and watch.sid not in self._failed and not watch.muted:
            return None  # it is being tried itself
        others = [
            one
            for one in eligible
            if not (one.barrier or one.muted or one.sid in self.seen or one is watch)
            and (watch.sid not in self.seen or self._merit(one) > self._merit(watch))
            and (one.sid not in self._failed or now >= self._failed[one.sid].due)
        ]
        kept = next((one for one in others if one.sid == self._beside), None)
        return kept or max(others, key=self._merit, default=None)

    def _passed_over(self, eligible: list[Track], watch: Track | None) -> str:
        better = [
            one
            for one in eligible
            if watch and self._merit(one) > self._merit(watch) and one.identity != watch.identity
            if not one.muted and (one.barrier or one.sid in self._failed)
        ]
        newest = max(better, key=self._merit, default=None)
        if newest is None:
            return ""
        return newest.barrier or f"no picture comes from {newest.identity}"
