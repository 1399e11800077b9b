"""Holds sound until its time has come. Pure: times are monotonic seconds and handed in."""

from __future__ import annotations

from collections import deque

import numpy as np

from ingress.reader.messages import Sound

RATE = 48_000

LEAST = 0.04
"""Seconds behind its time at which sound is played at least."""

BEHIND = 0.5
"""Seconds behind its time at most; what is older is left out."""

SPARE = 0.015
"""Seconds that a piece as late as that is kept before it is played."""

COUNTED, ENOUGH = 256, 0.95
"""Pieces of which so great a part comes in time: the few that come even later are cut rather than
that all wait for them.
"""

RECKONED = 25
"""Pieces after which the delay is reckoned anew."""

LEAD = 0.08
"""Seconds that sound is handed over before it is to be heard."""

LOOSE = 0.03
"""Seconds that sound may be off before it jumps; less than that is drawn in slowly."""

DRAWN = 0.005
"""Part of its length by which sound is stretched while it is drawn in: nobody hears that."""

KEPT = 2.0
"""Seconds of sound that wait at most."""


class SoundBuffer:
    """Sound goes in as it arrives, and comes out as samples that fit behind what is being played.

    skipped: seconds that were left out because they came too late.
    """

    def __init__(self) -> None:
        self._waiting: deque[Sound] = deque()
        self._late: deque[float] = deque(maxlen=COUNTED)
        self._pushed = 0
        self.delay = LEAST
        """Seconds behind its time at which sound is played."""
        self.skipped = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()

    def push(self, sound: Sound, now: float) -> None:
        """Take a piece that came now."""
        late = now - sound.time
        if late > BEHIND:
            self.skipped += _seconds(sound.data)
            return
        self._late.append(late)
        if self._pushed < RECKONED or self._pushed % RECKONED == 0:
            usual = sorted(self._late)[int(ENOUGH * (len(self._late) - 1))]
            self.delay = min(max(LEAST, usual + SPARE), BEHIND)
        self._pushed += 1
        waiting = self._waiting
        waiting.append(sound)
        while sound.time - waiting[0].time > KEPT:
            waiting.popleft()

    def wait(self, now: float) -> float:
        """Seconds until something is due; it must not be empty."""
        return max(self._waiting[0].time + self.delay - LEAD - now, 0.0)

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
            self.skipped += max(_seconds(sound.data) - _seconds(data) - LOOSE, 0)
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
    most = DRAWN * count
    change = round(max(min(early * RATE, most), -most))
    if change == 0 or count < 2:
        return data
    samples = np.frombuffer(data, np.int16)
    places = np.linspace(0, count - 1, count + change)
    return np.interp(places, np.arange(count), samples).astype(np.int16).tobytes()


def _seconds(data: bytes) -> float:
    return len(data) / 2 / RATE
