"""Whether a source is still or lost, and when to ask for its picture anew. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

NO_PICTURE_AFTER = 5.0
"""Seconds without a picture after which one that should come is missing."""

KNOWN_AWAY_AFTER = 0.5
"""The same for a source that is known to be away: long enough for the frames that are on their way,
and a picture that comes is more to be believed than an attribute that is late.
"""

MOVING_PICTURES, MOVING_SECONDS = 20, 4.0
"""A source that brought so many pictures in its last seconds moves like a camera."""

STARVED_AFTER = 1.5
"""Seconds without a picture after which it is asked what LiveKit receives."""

STARVED_PICTURES = 3
"""Pictures that LiveKit decodes and does not hand on, after which it is stuck."""

GARBLED_LOOKS = 3
"""Looks at which more had arrived and nothing more was decoded, after which it never will be."""

SILENT_AFTER = 6.0
"""Seconds without a picture that should come after which the track is subscribed to anew."""

LONGEST_PAUSE = 600.0
"""Seconds between two subscriptions: doubled after each, up to this."""

MOST_SUBSCRIPTIONS = 8
"""New ones without a picture; after half an hour the next picture comes by itself or never."""

GIVEN_UP_AFTER = 12.0
"""Seconds without a picture that should come after which another source is better."""


@dataclass(frozen=True, slots=True)
class Received:
    """What has arrived of a track so far: bytes of payload, and decoded pictures."""

    bytes: int
    decoded: int


class Liveness(Enum):
    """`STILL`: nothing has changed in front of the source, and its last picture is the true one."""

    LIVE = "live"
    STILL = "still"
    LOST = "lost"


class SourceLiveness:
    """Tells still from lost. Times are `time.monotonic()` seconds.

    WebRTC sends nothing of a picture that does not change, so silence alone says nothing: a source
    that is in the room and switched on is still. It is lost where something speaks against that:
    - It is known to be away: nobody is there, it is switched off, its ingress says so.
    - No picture has come since it was chosen, or since it was away: its first one is missing.
    - It moved like a camera until it stopped. A screen may do that.
    - Bytes come and no picture: LiveKit hands none on, or cannot decode it.
    Once lost, only a picture proves that it is back.

    A track of a lost source is subscribed to anew, a few times, each after twice the pause; one of
    a still source or of one that is known to be away never is.
    """

    def __init__(self, now: float) -> None:
        self.since = now
        """When the last picture came, or when the source was chosen."""
        self.state = Liveness.LIVE
        self._awaited = True
        self._away = False
        self._expected = now
        self._recent: deque[float] = deque(maxlen=MOVING_PICTURES)
        self._asked = self._garbled = 0
        self._asked_at = now
        self._given_up = False
        self._first: Received | None = None
        self._latest: Received | None = None
        self._next_look = now

    def choose(self, now: float) -> None:
        """Another source from now on."""
        self.since, self._awaited = now, True
        self._recent.clear()
        self.expect(now)

    def expect(self, now: float) -> None:
        """What is missing counts from here."""
        self._expected = self._asked_at = now
        self._asked, self._garbled, self._given_up = 0, 0, False
        self._forget_received(now)

    def picture(self, capture: float) -> None:
        """A picture has come."""
        self.since = capture
        self.state = Liveness.LIVE
        self._recent.append(capture)
        if self._awaited or self._asked or self._first is not None:
            self._awaited = False
            self.expect(capture)

    def missing(self, now: float) -> float:
        """Seconds for which a picture that should come has not."""
        return now - max(self.since, self._expected)

    def overdue(self, now: float) -> bool:
        """Whether the last picture is older than those of a source that is well."""
        return now - self.since > (KNOWN_AWAY_AFTER if self._away else NO_PICTURE_AFTER)

    @property
    def garbled(self) -> bool:
        """What arrives cannot be decoded."""
        return self._garbled >= GARBLED_LOOKS

    def look(self, now: float, *, away: bool, screen: bool) -> Liveness:
        """How it is now. `away`: known to be; `screen`: it is not a camera."""
        self._away = away
        if away:
            self.expect(now)
        if self._is_lost(now, screen):
            self.state = Liveness.LOST
        elif self.state is not Liveness.LOST:
            silent = now - self.since > NO_PICTURE_AFTER
            self.state = Liveness.STILL if silent else Liveness.LIVE
        return self.state

    def asks_received(self, now: float) -> bool:
        """Whether `received` should be called: seldom, and only while no picture comes."""
        silence = self.missing(now)
        if self._away or silence < STARVED_AFTER or now < self._next_look:
            return False
        self._next_look = now + min(max(1.0, silence / 4), NO_PICTURE_AFTER)
        return True

    def received(self, found: Received | None) -> None:
        """What LiveKit has received so far, None: not known."""
        before, self._latest = self._latest, found
        if found is None:
            return
        if self._first is None or before is None or found.decoded < self._first.decoded:
            self._first = found
        elif found.decoded > before.decoded:
            self._garbled = 0
        elif found.bytes > before.bytes:
            self._garbled += 1

    def renew(self, now: float) -> bool:
        """Whether to subscribe anew now."""
        if self._away or (self.state is not Liveness.LOST and not self._starved):
            return False
        if self._asked >= MOST_SUBSCRIPTIONS and not self._starved:
            return False
        pause = (STARVED_AFTER if self._starved else SILENT_AFTER) * 2 ** min(self._asked, 16)
        if now - max(self.since, self._asked_at) <= min(pause, LONGEST_PAUSE):
            return False
        self._asked, self._asked_at = self._asked + 1, now
        self._forget_received(now)
        return True

    def give_up(self, now: float) -> bool:
        """Whether it is time for another source; true once for each loss."""
        due = self.state is Liveness.LOST and not self._away and not self._given_up
        if not due or self.missing(now) <= GIVEN_UP_AFTER:
            return False
        self._given_up = True
        return True

    @property
    def _starved(self) -> bool:
        """Seen on busy machines, in a quarter of the starts, shortly after our own tracks were
        published: LiveKit decodes the source and hands no picture on, to a new reader of the same
        track neither. Only a new subscription helps, at times only the second.
        """
        first, latest = self._first, self._latest
        return bool(first and latest and latest.decoded - first.decoded >= STARVED_PICTURES)

    def _is_lost(self, now: float, screen: bool) -> bool:
        return self.overdue(now) and (
            self._away
            or self._awaited
            or self._starved
            or self.garbled
            or (self._moved and not screen)
        )

    @property
    def _moved(self) -> bool:
        recent = self._recent
        return len(recent) == MOVING_PICTURES and recent[-1] - recent[0] <= MOVING_SECONDS

    def _forget_received(self, now: float) -> None:
        self._first = self._latest = None
        self._next_look = now + STARVED_AFTER
