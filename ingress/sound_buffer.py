"""Holds sound until its time has come. Pure: times are monotonic seconds and handed in."""

from __future__ import annotations

from collections import deque

import numpy as np

from ingress.reader.messages import Sound

RATE = 48_000

LEAST = 0.04
"""Seconds behind its time at which sound is played at least."""

SPARE = 0.015
"""Seconds that a piece as late as that is kept before it is played."""

LOOKS, USUAL = 12, 0.85
"""Seconds of which the latest piece is remembered, and the part of them that decides: what comes
later than that now and then is cut, rather than that all wait for it."""

MOST, AGAIN = 3.0, 2.5
"""Seconds behind its time up to which the picture waits for its sound; once it was further behind,
it must come nearer than AGAIN."""

TOO_MUCH = 0.5
"""Seconds that sound waits longer than the latest piece needs, after which some of it is left out.
"""

UNSEEN = 0.03
"""Seconds that the sound may be behind its picture, which then does not wait."""

LEAD, QUEUED = 0.09, 0.04
"""Seconds before it is to be heard from which on sound is handed over, and seconds of it that
LiveKit may still have then: what waits meanwhile goes in one frame, since each costs the same."""

LOOSE = 0.03
"""Seconds that sound may be off before it jumps; less than that is drawn in slowly."""

EXACT = 0.008
"""Seconds of it that are none: stretching takes longer than all else here."""

DRAWN = 0.005
"""Part of its length by which sound is stretched while it is drawn in, and seconds a second by
which the delay shrinks: nobody hears that."""

KEPT = 6.0
"""Seconds of sound that wait at most."""


class SoundBuffer:
    """Sound goes in as it arrives, and comes out as samples that fit behind what is played."""

    def __init__(self) -> None:
        self._waiting: deque[Sound] = deque()
        self._latest: deque[float] = deque(maxlen=LOOKS)
        self._looked = self._pushed = float("-inf")
        self._waits = True
        self.delay = LEAST
        """Seconds behind its time at which sound is played."""

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def hold(self) -> float:
        """Seconds that the picture has to wait for its sound."""
        return self.delay - LEAST if self._waits and self.delay > LEAST + UNSEEN else 0.0

    @property
    def late(self) -> float:
        """Seconds that the sound is behind its picture, which does not wait for it any more."""
        return 0.0 if self._waits else self.delay

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()

    def push(self, sound: Sound, now: float) -> None:
        """Take a piece that came now."""
        self._learn(now - sound.time, now)
        waiting = self._waiting
        while waiting and waiting[-1].time > sound.time + LOOSE:
            waiting.pop()  # a clock was put right
        waiting.append(sound)
        while sound.time - waiting[0].time > KEPT:
            waiting.popleft()

    def _learn(self, late: float, now: float) -> None:
        if now - self._looked > 1:
            self._latest.append(late)
            self._looked = now
        self._latest[-1] = max(self._latest[-1], late)
        latest = sorted(self._latest)
        # Soon where it stays so.
        usual = max(latest[int(USUAL * (len(latest) - 1))], min([*self._latest][-2:])) + SPARE
        shrunk = self.delay - DRAWN * min(now - self._pushed, 1.0)
        if len(latest) == LOOKS and latest[-1] + TOO_MUCH < self.delay:
            shrunk = usual
        self.delay = max(LEAST, usual, shrunk)
        self._waits = self.delay < (MOST if self._waits else AGAIN)
        self._pushed = now

    def wait(self, now: float, queued: float) -> float:
        """Seconds until something is to be handed over, of what must not be empty; queued: as of
        `due`.
        """
        return max(self._waiting[0].time + self.delay - LEAD - now, queued - QUEUED, 0.0)

    def due(self, now: float, queued: float) -> bytes:
        """Samples to be handed over now; queued: seconds that were handed over and not yet played.

        They begin with silence where nothing would be played until they are due.
        """
        end = now + queued
        out: list[bytes] = []
        waiting = self._waiting
        while waiting and waiting[0].time + self.delay <= now + LEAD:
            sound = waiting.popleft()
            data = fitted(sound.data, sound.time + self.delay - end)
            out.append(data)
            end += _seconds(data)
        return b"".join(out)


def fitted(data: bytes, early: float) -> bytes:
    """The int16 samples, so that they end nearer to their time.

    early: seconds between the end of what is played before and the time of these; negative if they
    are late.
    """
    count = len(data) // 2
    if early < -LOOSE:
        return data[2 * min(round(-early * RATE), count) :]
    if early > LOOSE:
        return bytes(2 * round(min(early, KEPT) * RATE)) + data
    if abs(early) < EXACT:
        return data
    most = DRAWN * count
    change = round(max(min(early * RATE, most), -most))
    if change == 0 or count < 2:
        return data
    samples = np.frombuffer(data, np.int16)
    places = np.linspace(0, count - 1, count + change)
    return np.interp(places, np.arange(count), samples).astype(np.int16).tobytes()


def _seconds(data: bytes) -> float:
    return len(data) / 2 / RATE
