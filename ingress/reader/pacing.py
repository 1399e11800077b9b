"""When a piece of a film is due: its own times, tied to the clock."""

from __future__ import annotations

from ingress.reader.timeline import STEP, Timeline

LATE = 0.1
"""Seconds after which a picture is left out, so that the next ones are in time."""

LOST = 1.0
"""Seconds of lag after which playing goes on from where it is instead of catching up."""

LEAP = 1.0
"""Seconds between two packets of a film above which its times have leapt."""


class Pace:
    """The times of a film, as `Timeline`, whatever arrives when. Says when a piece is due, too."""

    def __init__(self) -> None:
        self._origin: float | None = None
        self._last = float("-inf")

    def due(self, media_time: float, now: float) -> float:
        """The clock's time at which the piece is due; the first piece is due at once."""
        if self._origin is None or now - self._origin - media_time >= LOST:
            self._origin = now - media_time
        return self._origin + media_time

    def place(self, pts: float | None, arrived: float) -> float:
        """As of `Timeline`."""
        self._last = max(self.at(pts, arrived), self._last + STEP)
        return self._last

    def at(self, pts: float | None, arrived: float) -> float:
        """As of `Timeline`; the piece was waited for, however late its decoder gave it."""
        if pts is None:
            return arrived
        if self._origin is None:
            self._origin = arrived - pts
        return self._origin + pts

    def begin_again(self) -> None:
        """The next piece is due at once."""
        self._origin = None


Clock = Timeline | Pace


class Discontinuities:
    """Makes one stretch of time of one that leaps: cut films, playlists with a discontinuity."""

    def __init__(self) -> None:
        self._shift = self._gap = 0.0
        self._last: tuple[int, float] | None = None

    def shift(self, due: float, leaps: int) -> float:
        """Seconds by which the next packet is to be moved. due: its time, in order; leaps: how
        often its stream has leapt back.
        """
        if self._last is not None:
            before, last = self._last
            gap = due - last
            # Where pictures are rare they may be as far apart as those before.
            if leaps != before or gap > max(LEAP, 2 * self._gap):
                self._shift -= gap
            self._gap = gap
        self._last = leaps, due
        return self._shift


class Backlog:
    """Notices that the work on a live source's pictures takes longer than the pictures last.

    It counts by how much the clock has gone ahead of the source's own times, and whether pictures
    have to be waited for: who waits has no backlog, and then a delay is that of the network.
    """

    BEHIND = 1.0
    """Seconds of backlog from which on pictures are left out, up to the next keyframe."""

    PRESSED = 0.15
    """Seconds of backlog from which on less is done with each picture."""

    LEAST_SHOWN = 0.06
    """Seconds of the source between two pictures that are shown then."""

    HOPELESS = 5.0
    """Seconds from pictures that were left out, in which nothing less helps."""

    CAUGHT_UP = 0.3
    """Seconds of backlog that are none."""

    BUSY = 0.05
    """Share of the time spent on waiting for pictures under which there is a backlog."""

    RECENT = 0.5
    """Seconds over which that share is taken."""

    TOO_MUCH, FORGIVEN = 5.0, 0.05
    """Seconds of overload after which the machine is too small for the source, and what is taken
    off them for each second in which all is well."""

    JUMP = 1.0
    """Seconds between two pictures' own times above which these have jumped and say nothing."""

    FORGET = 0.9
    """Share of a backlog that is left after a picture that had to be waited for."""

    def __init__(self) -> None:
        self._done: float | None = None
        self._before = 0.0
        self._skipped = self._shown = float("-inf")
        self.overload = 0.0
        """Seconds of pictures that were too much of late."""
        self._waited = 1.0
        self._skipping = False
        self._behind = 0.0
        self._last: tuple[float, float] | None = None

    def skip(self, *, key: bool, pts: float, arrived: float) -> bool:
        """Whether to leave this picture out. pts: its own time; arrived: when it was read, both in
        seconds.
        """
        busy = self._is_busy(arrived)
        self._count(pts, arrived, busy=busy)
        if self._skipping:
            self._skipping = not (key and (self._behind < self.CAUGHT_UP or not busy))
        elif self._behind > self.BEHIND and busy:
            self._skipping = True
        self._skipped = arrived if self._skipping else self._skipped
        self._done = arrived
        return self._skipping

    def shows(self, pts: float) -> bool:
        """Whether to show this picture, or to decode it only: fewer pictures, shown in time, are
        better than all of them up to the next gap.
        """
        shows = not (self._pressed and 0 <= pts - self._shown < self.LEAST_SHOWN)
        self._shown = pts if shows else self._shown
        return shows

    @property
    def _pressed(self) -> bool:
        """Whether to do less; no longer where that was tried and was not enough."""
        behind = self._behind > self.PRESSED and self._waited < self.BUSY
        return behind and self._before - self._skipped > self.HOPELESS

    def done(self, now: float) -> None:
        """The work on a picture is over."""
        self._done = now

    def _is_busy(self, arrived: float) -> bool:
        if self._done is not None and arrived > self._before:
            passed = arrived - self._before
            share = min(max(arrived - self._done, 0.0) / passed, 1.0)
            self._waited += min(passed / self.RECENT, 1.0) * (share - self._waited)
        self._before = arrived
        return self._waited < self.BUSY

    def _count(self, pts: float, arrived: float, *, busy: bool) -> None:
        if self._last is not None and -self.JUMP < pts - self._last[0] <= 0:
            return  # B-frames come out of order
        if self._last is not None and abs(pts - self._last[0]) <= self.JUMP:
            step = pts - self._last[0]
            self._behind += (arrived - self._last[1]) - step
            worse = step if self._skipping or self._pressed else -step * self.FORGIVEN
            self.overload = min(max(self.overload + worse, 0.0), 2 * self.TOO_MUCH)
        self._behind = max(self._behind if busy else self._behind * self.FORGET, 0.0)
        self._last = (pts, arrived)
