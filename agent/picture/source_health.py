"""What is shown and said while the watched source brings no pictures."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from agent.clock.unix_clock import UnixClock
from agent.picture.ingress_state import IngressState
from agent.picture.liveness import NO_PICTURE_AFTER, Liveness
from agent.picture.lost_picture import GREY, mark
from agent.picture.picture import Picture
from agent.picture.watched import Watched
from config.tasks import Tasks, Tell

log = logging.getLogger("pressbox.source")

MARK_INTERVAL = 0.5
"""Seconds between two marked pictures: each second one is a key frame for a late viewer."""

STILL_INTERVAL = 2.0
"""Seconds after which the last true picture is shown again, for a late viewer."""

STILL_TOLD_AFTER = 10.0
"""Seconds after which it is told that the picture does not change."""

TICK = 0.25

LAST_PICTURES = (
    "The source gives no picture at the moment: what you see are the last pictures before that."
)
"""Told to the engine with a question that is asked while the source is lost."""


class SourceHealth:
    """Looks after the watched source. Times are `time.monotonic()` seconds.

    `show` takes each marked picture of a lost source, and the last true one of a still source
    again, with a capture time of now. `on_lost` is called before the first marked one is shown, or
    would be, and `on_back` before the first true one after it.
    """

    def __init__(
        self,
        source: Watched,
        unix: UnixClock,
        *,
        show: Callable[[Picture], None],
        on_lost: Callable[[], None],
        on_back: Callable[[], None],
        tell: Tell,
    ) -> None:
        """`tell` as in `Tasks`."""
        self._source = source
        self._unix = unix
        self._show = show
        self._on_lost = on_lost
        self._on_back = on_back
        self._tasks = Tasks(tell)
        self._liveness = Liveness(time.monotonic())
        self._told = self._whose = ""
        """The last one that was watched."""
        self._last: tuple[Picture, str] | None = None
        self._marked: tuple[Picture, tuple[str, str, float]] | None = None
        self._shown_at = 0.0

    @property
    def lost(self) -> bool:
        """No picture comes that should, so the last one is shown marked."""
        return self._liveness.lost

    def start(self) -> None:
        """Begin to watch."""
        self._tasks.keep("looking after the source", self._run)

    async def aclose(self) -> None:
        """Stop. Idempotent."""
        await self._tasks.aclose()

    def seen(self, picture: Picture) -> None:
        """A true picture has come."""
        was_lost, silence = self.lost, picture.capture - self._liveness.since
        self._liveness.picture(picture.capture)
        self._last, self._shown_at = (picture, self._source.identity), picture.capture
        if was_lost:
            log.info("%s brings pictures, after %.1f s without", self._source.identity, silence)
            self._on_back()

    def changed(self, identity: str) -> bool:
        """`identity` is watched from now on, "" for nobody; the same one again: another track of
        it. Returns whether it is another one than before, of whom nothing has been seen yet.
        """
        again, self._told = identity == self._told, identity
        if not identity or (identity == self._whose and not again):
            return False
        self._whose = identity
        self._liveness.choose(time.monotonic())
        return True

    def look(self, *_: object) -> None:
        """Decide whether the source is lost, and show what is due."""
        now, was_lost, track = time.monotonic(), self.lost, self._source.watched
        if self._whose:
            away = not track or track.muted or bool(track.barrier) or self._state.away
            screen = track is not None and track.kind == "screen"
            interval = self._state.interval
            self._liveness.look(now, away=away, screen=screen, interval=interval)
        if self.lost and not was_lost:
            log.info("the picture is lost: %s", self.trouble(now))
            self._on_lost()
        interval = MARK_INTERVAL if self.lost else STILL_INTERVAL
        if now - self._shown_at > interval - TICK / 2 and (picture := self._to_show(now)):
            self._shown_at = now
            self._show(replace(picture, capture=self._source.later(now)))

    def trouble(self, now: float) -> str:
        """Why there is no picture, one line; "" while there is one."""
        track, state = self._source.watched, self._state
        if track is None:
            return self._why_nobody()
        identity = track.identity
        if track.barrier:
            return track.barrier
        if track.muted:
            return f"{identity} has switched the camera off"
        if not self.lost:
            return ""
        if state.away:
            return f"{identity}: {state}"
        if self._liveness.missing(now) <= NO_PICTURE_AFTER:
            return f"the picture of {identity} is on its way"
        if self._liveness.garbled and track.encrypted:
            return f"{identity}'s picture is encrypted with another key than ROOM_KEY"
        if self._liveness.garbled:
            return f"{identity}'s picture arrives and cannot be decoded"
        return f"no picture from {identity} for more than {NO_PICTURE_AFTER:.0f} s"

    @property
    def remark(self) -> str:
        """What else a viewer should know of the sources, one line or ""."""
        if self._source.passed_over or not self._source.identity:
            return self._source.passed_over
        since, frozen = self._liveness.since, self._state.frozen
        if not self.lost and time.monotonic() - since > STILL_TOLD_AFTER:
            frozen = frozen or self._unix.seconds(since)
        if not frozen:
            return ""
        return f"{self._source.identity}: the picture has not changed since {_time_of_day(frozen)}"

    @property
    def _name(self) -> str:
        """Whose picture should be shown."""
        return self._source.identity or self._source.wanted or self._whose

    @property
    def _state(self) -> IngressState:
        return self._source.states().get(self._name, IngressState())

    def _why_nobody(self) -> str:
        wanted, states = self._source.wanted, self._source.states()
        named = (wanted, wanted.rpartition("/")[0])
        for name in named if wanted else (self._whose, *states):
            if name in states and states[name].state:
                return f"{name}: {states[name]}"
        return f"{wanted} publishes no video here" if wanted else "no camera in the room"

    def _to_show(self, now: float) -> Picture | None:
        """What is shown while nothing comes. A mark is drawn anew when it says another thing, but
        not before the picture of another one, which may be on its way, is overdue.
        """
        if self._last is None:
            return None
        last, whose = self._last
        if not self.lost:
            return last if whose == self._source.identity else None
        track, since = self._source.watched, self._liveness.since
        what = "screen" if track and track.kind == "screen" else "camera"
        off = track is not None and track.muted
        title = f"The {what} is switched off" if off else f"No picture from the {what}"
        label = title, self._name, since
        if not self._marked or (self._marked[1] != label and self._liveness.overdue(now)):
            plain = last.i420 if whose == self._name else np.full_like(last.i420, GREY)
            told = f"since {_time_of_day(self._unix.seconds(since))}"
            self._marked = replace(last, i420=mark(plain, title, told)), label
        return self._marked[0]

    async def _run(self) -> None:
        while True:
            self.look()
            if self._liveness.asks_received(time.monotonic()):
                self._liveness.received(await self._source.received())
            now = time.monotonic()
            if self._liveness.renews(now):
                self._source.renew()
            if self._liveness.hopeless(now):
                self._source.give_up()
            await asyncio.sleep(TICK)


def _time_of_day(unix: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(unix))
