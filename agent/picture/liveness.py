"""Whether a source is still or lost, and when to ask for its picture anew. Pure."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

NO_PICTURE_AFTER = 5.0
"""Seconds without a picture after which one that should come is missing."""

INTERVALS = 4
"""It is not missing before so many of the intervals that the source itself speaks of."""

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

LONGEST_PAUSE = 600.0
"""Seconds between two subscriptions: doubled after each, up to this."""

GIVEN_UP_AFTER = 12.0
"""Seconds without a picture that should come after which another source is better."""


class Received(NamedTuple):
    """What has arrived of a track so far: bytes of payload, and decoded pictures."""

    bytes: int
    decoded: int


class Liveness:
    """Tells still from lost. Times are `time.monotonic()` seconds.

    WebRTC sends nothing of a picture that does not change, so silence alone says nothing: a source
    that is in the room and switched on is still. It is lost where something speaks against that:
    - It is known to be away: nobody is there, it is switched off, its ingress says so.
    - No picture has come since it was chosen: its first one is missing.
    - It moved like a camera until it stopped. A screen may do that.
    - Bytes come and no picture: LiveKit hands none on, or cannot decode it.
    Once lost, only a picture proves that it is back.

    A track of a lost source is subscribed to anew, each time after twice the pause; one of a still
    source or of one that is known to be away never is.
    """

    def __init__(self, now: float) -> None:
        self.lost = False
        self._away = False
        self._recent: deque[float] = deque(maxlen=MOVING_PICTURES)
        self.choose(now)

    def choose(self, now: float) -> None:
        """Another source from now on."""
        self._patience = NO_PICTURE_AFTER
        self.since = now
        """When the last picture came, or when the source was chosen."""
        self._recent.clear()
        self._expect(now)

    def _expect(self, now: float) -> None:
        """What is missing counts from here."""
        self._expected = self._asked_at = now
        self._asked = self._garbled = self._unseen = 0
        self._latest: Received | None = None
        self._next_look = now + STARVED_AFTER

    def picture(self, capture: float) -> None:
        """A picture has come."""
        self.since = capture
        self.lost = False
        self._recent.append(capture)
        self._expect(capture)

    def missing(self, now: float) -> float:
        """Seconds for which a picture that should come has not."""
        return now - self._expected

    def overdue(self, now: float) -> bool:
        """Whether the last picture is older than those of a source that is well."""
        return now - self.since > (KNOWN_AWAY_AFTER if self._away else self._patience)

    @property
    def garbled(self) -> bool:
        """What arrives cannot be decoded."""
        return self._garbled >= GARBLED_LOOKS

    def look(self, now: float, *, away: bool, screen: bool, interval: float = 0.0) -> None:
        """See how it is now. `away`: known to be; `screen`: it is not a camera; interval: seconds
        from picture to picture as the source itself says, 0 for unknown.
        """
        self._away = away
        self._patience = max(NO_PICTURE_AFTER, INTERVALS * interval)
        if away:
            self._expect(now)
        stopped = self._moved and not screen
        proof = away or not self._recent or stopped or self._starved or self.garbled
        self.lost = self.lost or (proof and self.overdue(now))

    def asks_received(self, now: float) -> bool:
        """Whether `received` should be called: seldom, and only while no picture comes."""
        if now < self._next_look:
            return False
        self._next_look = now + min(max(1.0, self.missing(now) / 4), NO_PICTURE_AFTER)
        return True

    def received(self, found: Received | None) -> None:
        """What LiveKit has received so far, None: not known."""
        before, self._latest = self._latest, found
        if found and before:
            self._unseen += max(found.decoded - before.decoded, 0)
            self._garbled += found.bytes > before.bytes and found.decoded <= before.decoded

    def renews(self, now: float) -> bool:
        """Whether to subscribe anew now."""
        first = STARVED_AFTER if self._starved else NO_PICTURE_AFTER
        pause = min(first * 2 ** min(self._asked, 16), LONGEST_PAUSE)
        due = now - self._asked_at > pause
        if not (due and (self._starved or self.lost)):
            return False
        self._asked, self._asked_at = self._asked + 1, now
        return True

    def hopeless(self, now: float) -> bool:
        """Whether another source is better."""
        return self.lost and self.missing(now) > GIVEN_UP_AFTER

    @property
    def _starved(self) -> bool:
        """Seen on busy machines, in a quarter of the starts, shortly after our own tracks were
        published: LiveKit decodes the source and hands no picture on, to a new reader of the same
        track neither. Only a new subscription helps, at times only the second.
        """
        return self._unseen >= STARVED_PICTURES

    @property
    def _moved(self) -> bool:
        recent = self._recent
        return len(recent) == MOVING_PICTURES and recent[-1] - recent[0] <= MOVING_SECONDS
