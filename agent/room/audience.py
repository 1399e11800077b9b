"""Who is there to listen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from livekit import rtc

from config.source_names import FEED_IDENTITIES

VIEWER = "pressbox.viewer"
"""Attribute with which a participant says that it watches, also while its own camera is the
source. The side HTTP server says how many do by way of it.
"""

MOST = 9999
"""Viewers that may be behind one participant."""

MACHINES = (
    rtc.ParticipantKind.PARTICIPANT_KIND_INGRESS,
    rtc.ParticipantKind.PARTICIPANT_KIND_EGRESS,
    rtc.ParticipantKind.PARTICIPANT_KIND_AGENT,
    rtc.ParticipantKind.PARTICIPANT_KIND_BRIDGE,
)
"""Kinds of participants that do not listen."""


@dataclass(frozen=True, slots=True)
class Person:
    """A remote participant. `machine`: an agent, an ingress, an egress or a bridge. `viewers`: how
    many it says that watch by way of it, itself or others; None where it says nothing.
    """

    identity: str
    machine: bool
    viewers: int | None = None


def people(room: rtc.Room) -> list[Person]:
    """Everybody else in the room."""
    return [
        Person(
            identity=participant.identity,
            machine=participant.kind in MACHINES,
            viewers=_said(participant.identity, participant.attributes.get(VIEWER, "")),
        )
        for participant in room.remote_participants.values()
    ]


def is_watched(people: Iterable[Person], source: str) -> bool:
    """Whether anyone but machines and the bare source is in the room."""
    return any(p.viewers or (not p.machine and p.identity != source) for p in people)


def how_many(people: Iterable[Person], source: str) -> int:
    """How many people watch."""
    return sum(
        (not p.machine and p.identity != source) if p.viewers is None else p.viewers for p in people
    )


def _said(identity: str, value: str) -> int | None:
    """Nobody but our own servers, whose identities are given to none else, speaks for others."""
    if identity in FEED_IDENTITIES and value.isdecimal():
        return min(int(value[:9]), MOST)
    return 1 if value == "1" else None


class Audience:
    """Remembers since when nobody has been watching. Times are `time.monotonic()` seconds."""

    def __init__(self, idle_after: float, now: float) -> None:
        """`idle_after`: seconds with nobody watching until commentary rests; 0 for never."""
        self.idle_after = idle_after
        self._seen = now

    def update(self, watched: bool, now: float) -> bool:
        """Note whether anyone is watching; returns whether commentary is worth making."""
        if watched:
            self._seen = now
        return not self.idle_after or now - self._seen < self.idle_after

    def spoke(self, now: float) -> None:
        """Somebody asked or ordered something: someone is there, whatever the room says."""
        self._seen = now
