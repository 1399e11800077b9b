"""Which of a room's cameras and screens the booth watches, and which it tries beside it. Pure.

Times are `time.monotonic()` seconds.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from agent.picture.newest import Newest, Stamp
from agent.picture.published import Track

TRIAL = 10.0
"""Seconds in which a track that is tried has to bring a picture."""

FIRST_PAUSE, LONGEST_PAUSE = 15.0, 600.0
"""Seconds until a track that brought none is tried again: doubled each time, up to the last."""


class Chosen(NamedTuple):
    """`watch` is shown, `beside` is only waited for until it brings a picture. `passed_over` names
    one that would be watched if it could be seen, and why it cannot.
    """

    watch: Track | None = None
    beside: Track | None = None
    passed_over: str = ""


class _Failure(NamedTuple):
    pause: float
    due: float


class Choice:
    """Chooses, and remembers who brought a picture and who did not.

    With an identity in `wanted` only that participant counts, with `identity/track` that track of
    it, by its name or sid. The newest camera of anyone but an
    agent is watched, then the newest screen. While that one can be seen, a better one takes its
    place with its first picture and not before; one that brings none is passed over, and tried
    again with backoff. One that is known to be away, and was not seen before, is not waited for
    while there is another. Where nothing can be seen, what is there is watched all the same,
    cameras that are switched on first: somebody has to be named.
    """

    def __init__(self) -> None:
        self.newest = Newest()
        self.seen: set[str] = set()
        """Sids of the tracks that bring pictures, as far as is known."""
        self._failed: dict[str, _Failure] = {}
        self._watch = self._beside = ""
        self._until = 0.0
        self._away: Collection[str] = ()

    def look(
        self, tracks: list[Track], wanted: str, now: float, away: Collection[str] = ()
    ) -> Chosen:
        """What to watch of these tracks; `away`: identities that are known to bring no picture."""
        self._away = away
        tracks = [one for one in tracks if one.kind in ("camera", "screen")]
        self.newest.look(tracks, now)
        self._forget(tracks)
        if self._beside and now >= self._until:
            self._fail(self._beside, now)
        tracks = _eligible(tracks, wanted)
        watch = max(tracks, key=self._worth, default=None)
        beside = self._better(tracks, watch, now) if watch else None
        self._watch, tried = watch.sid if watch else "", beside.sid if beside else ""
        if tried != self._beside:
            self._beside, self._until = tried, now + TRIAL
        return Chosen(watch, beside, self._passed_over(tracks, watch) if watch else "")

    def brings(self, sid: str) -> None:
        """A picture of this track has come."""
        self.seen.add(sid)
        self._failed.pop(sid, None)

    def give_up(self, now: float) -> None:
        """The watched track brings no picture, whatever was tried."""
        if self._watch and self._watch not in self._failed:
            self._fail(self._watch, now)

    def _fail(self, sid: str, now: float) -> None:
        before = self._failed.get(sid)
        pause = min(2 * before.pause, LONGEST_PAUSE) if before else FIRST_PAUSE
        self._failed[sid] = _Failure(pause, now + pause)
        self.seen.discard(sid)

    def _forget(self, tracks: list[Track]) -> None:
        """One that is gone or off has to prove itself again."""
        on = {one.sid for one in tracks if not one.muted}
        self.seen &= on
        self._failed = {sid: one for sid, one in self._failed.items() if sid in on}
        if self._beside not in on:
            self._beside = ""

    def _absent(self, track: Track) -> bool:
        return track.muted or (track.identity in self._away and track.sid not in self.seen)

    def _merit(self, track: Track) -> tuple[bool, Stamp, str]:
        return track.kind == "camera", self.newest.stamp(track), track.sid

    def _worth(self, track: Track) -> tuple[object, ...]:
        return (
            track.sid in self.seen,
            not track.barrier,
            not self._absent(track),
            *self._merit(track),
        )

    def _better(self, tracks: list[Track], watch: Track, now: float) -> Track | None:
        """Which one to try beside `watch`."""
        seen = watch.sid in self.seen
        if not (seen or self._absent(watch) or watch.sid in self._failed):
            return None  # it is being tried itself
        others = [
            one
            for one in tracks
            if not (one.barrier or self._absent(one) or one.sid in self.seen or one is watch)
            and (not seen or self._merit(one) > self._merit(watch))
            and (one.sid not in self._failed or now >= self._failed[one.sid].due)
        ]
        return max(others, key=self._merit, default=None)

    def _passed_over(self, tracks: list[Track], watch: Track) -> str:
        better = [
            one
            for one in tracks
            if self._merit(one) > self._merit(watch) and one.identity != watch.identity
            if not one.muted and (one.barrier or self._absent(one) or one.sid in self._failed)
        ]
        newest = max(better, key=self._merit, default=None)
        if newest is None:
            return ""
        return newest.barrier or f"no picture comes from {newest.identity}"


def _eligible(tracks: list[Track], wanted: str) -> list[Track]:
    if not wanted:
        return [one for one in tracks if one.by != "agent"]
    whole = [one for one in tracks if one.identity == wanted]
    return whole or [
        one
        for one in tracks
        if wanted in (f"{one.identity}/{name}" for name in (one.name, one.sid))
    ]
