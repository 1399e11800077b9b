"""When a piece of a film is due: its own times, tied to the clock."""

from __future__ import annotations

LATE = 0.1
"""Seconds after which a picture is left out, so that the next ones are in time."""

LOST = 1.0
"""Seconds of lag after which playing goes on from where it is instead of catching up."""

AHEAD = 20.0
"""Seconds that a piece may lie ahead; further off the film's times have jumped."""


class Pace:
    """Ties media time to a clock. All times in seconds; the clock is given by the caller."""

    def __init__(self) -> None:
        self._origin: float | None = None

    def due(self, media_time: float, now: float) -> float:
        """The clock's time at which the piece is due; the first piece is due at once."""
        if self._origin is None or not -AHEAD < now - self._origin - media_time < LOST:
            self._origin = now - media_time
        return self._origin + media_time

    def too_late(self, media_time: float, now: float) -> bool:
        """Whether a picture should be left out."""
        return now - self.due(media_time, now) > LATE

    def begin_again(self) -> None:
        """The next piece is due at once."""
        self._origin = None


class Times:
    """Times of one stream of a film: they grow, whatever the file says, also over the seam where
    it begins again.
    """

    def __init__(self, step: float) -> None:
        """step: seconds of a piece whose length is not known."""
        self._step = step
        self.end = 0.0

    def next(self, time: float | None, duration: float = 0.0) -> float:
        """Time of a piece whose own time is `time` (None: unknown); `end` moves behind it."""
        step = duration or self._step
        begin = self.end if time is None else time
        # Half a step of slack: rounding in the file must not push later pieces back for good.
        begin = max(begin, self.end - step / 2)
        self.end = begin + step
        return begin


class Backlog:
    """Notices that the work on a live source's pictures takes longer than the pictures last."""

    BEHIND = 1.0
    """Seconds of lag from which on pictures are left out, up to the next key frame."""

    CAUGHT_UP = 0.3
    """Seconds of lag that are none."""

    BUSY = 0.001
    """Seconds of waiting for a picture, on average; who waits longer has no backlog, and a lag
    is that of the network."""

    LONGEST = 0.03
    """Seconds of one wait that count."""

    def __init__(self) -> None:
        self._done: float | None = None
        self._waited = self.LONGEST
        self._skipping = False

    def skip(self, *, key: bool, lag: float, arrived: float) -> bool:
        """Whether to leave this picture out."""
        if self._done is not None:
            waited = min(max(arrived - self._done, 0.0), self.LONGEST)
            self._waited += 0.3 * (waited - self._waited)
        busy = self._waited < self.BUSY
        if self._skipping:
            self._skipping = not (key and (lag < self.CAUGHT_UP or not busy))
        elif lag > self.BEHIND and busy:
            self._skipping = not key or lag > 2 * self.BEHIND
        self._done = arrived
        return self._skipping

    def done(self, now: float) -> None:
        """The work on a picture is over."""
        self._done = now
