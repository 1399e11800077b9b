"""Whether the watched source brings pictures, and what is shown and said while it does not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from livekit import rtc

from agent.clock.unix_clock import UnixClock
from agent.picture.ingress_state import IngressState, parse
from agent.picture.liveness import NO_PICTURE_AFTER, Liveness, Received, SourceLiveness
from agent.picture.lost_picture import black, mark
from agent.picture.picture import Picture
from config.source_names import INGRESS_ATTRIBUTE
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

NOTHING_KNOWN = IngressState()


class Watched(Protocol):
    """What is asked of `agent.picture.source.Source`."""

    identity: str
    wanted: str
    passed_over: str

    @property
    def muted(self) -> bool:
        """Whether the camera is switched off."""

    @property
    def screen(self) -> bool:
        """Whether it is a shared screen."""

    @property
    def barrier(self) -> str:
        """Why it can never be seen here, "" where it may be."""

    @property
    def encrypted(self) -> bool:
        """Whether its picture is encrypted end to end."""

    def later(self, capture: float) -> float:
        """A capture time after that of the picture before."""

    async def received(self) -> Received | None:
        """What LiveKit has received of its picture; None: not known."""

    def renew(self) -> None:
        """Subscribe anew."""

    def give_up(self) -> None:
        """Watch another one if there is any."""


def ingress_states(room: rtc.Room) -> dict[str, IngressState]:
    """What each ingress in the room says about its source, by identity."""
    return {
        participant.identity: parse(participant.attributes[INGRESS_ATTRIBUTE])
        for participant in room.remote_participants.values()
        if INGRESS_ATTRIBUTE in participant.attributes
    }


class SourceHealth:
    """Looks after the watched source. Times are `time.monotonic()` seconds.

    `show` takes each marked picture of a lost source, and the last true one of a still source
    again, with a capture time of now. `on_lost(capture)` is called when the first marked one is
    shown, or would be, and `on_back()` before the first true one after it.
    """

    def __init__(
        self,
        source: Watched,
        states: Callable[[], Mapping[str, IngressState]],
        unix: UnixClock,
        *,
        show: Callable[[Picture], None],
        on_lost: Callable[[float], None],
        on_back: Callable[[], None],
        tell: Tell,
    ) -> None:
        """`states`: what ingresses say about themselves, by identity; `tell` as in `Tasks`."""
        self._source = source
        self._states = states
        self._unix = unix
        self._show = show
        self._on_lost = on_lost
        self._on_back = on_back
        self._tasks = Tasks(tell)
        now = time.monotonic()
        self._liveness = SourceLiveness(now)
        self._whose = ""
        self._last: tuple[Picture, str] | None = None
        self._marked: tuple[Picture, tuple[str, str, float]] | None = None
        self._shown_at = self._lost_at = now
        self._wake = asyncio.Event()

    @property
    def lost(self) -> bool:
        """No picture comes that should, so the last one is shown marked."""
        return self._liveness.state is Liveness.LOST

    def start(self) -> None:
        """Begin to watch."""
        self._tasks.keep("looking after the source", self._run)

    def look_now(self, *_: object) -> None:
        """Something was said about a source: do not wait for the next look."""
        self._wake.set()

    async def aclose(self) -> None:
        """Stop. Idempotent."""
        await self._tasks.aclose()

    def seen(self, picture: Picture) -> None:
        """A true picture has come."""
        was_lost = self.lost
        self._liveness.picture(picture.capture)
        self._last, self._shown_at = (picture, self._source.identity), picture.capture
        if was_lost:
            self._marked = None
            seconds = picture.capture - self._lost_at
            log.info("%s brings pictures, after %.1f s without", self._source.identity, seconds)
            self._on_back()

    def changed(self, identity: str) -> bool:
        """`identity` is watched from now on, "" for nobody. Returns whether it is another one than
        before, of whom nothing has been seen yet.
        """
        now = time.monotonic()
        if identity in ("", self._whose):
            self._liveness.expect(now)
            return False
        self._whose = identity
        self._liveness.choose(now)
        return True

    def look(self, now: float) -> None:
        """Decide whether the source is lost, and show what is due."""
        was_lost = self.lost
        if self._whose:
            self._liveness.look(now, away=self._known_away(), screen=self._source.screen)
        if self.lost and not was_lost:
            self._lost_at, self._shown_at = now, now - MARK_INTERVAL
            log.info("the picture is lost: %s", self.trouble(now))
            self._on_lost(now)
        picture, interval = self._to_show()
        if picture and now - self._shown_at > interval - TICK / 2:
            self._shown_at = now
            self._show(replace(picture, capture=self._source.later(now)))

    def trouble(self, now: float) -> str:
        """Why there is no picture, one line; "" while there is one."""
        identity, state = self._source.identity, self._state
        if not identity:
            return self._why_nobody()
        if self._source.barrier:
            return self._source.barrier
        if self._source.muted:
            return f"{identity} has switched the camera off"
        if not self.lost:
            return ""
        if state.away:
            return f"{identity}: {state}"
        if self._liveness.missing(now) <= NO_PICTURE_AFTER:
            return f"the picture of {identity} is on its way"
        if self._liveness.garbled and self._source.encrypted:
            return f"{identity}'s picture is encrypted with another key than ROOM_KEY"
        if self._liveness.garbled:
            return f"{identity}'s picture arrives and cannot be decoded"
        return f"no picture from {identity} for more than {NO_PICTURE_AFTER:.0f} s"

    @property
    def remark(self) -> str:
        """What else a viewer should know of the sources, one line or ""."""
        if self._source.passed_over:
            return self._source.passed_over
        since = self._state.frozen
        still = self._liveness.state is Liveness.STILL
        if still and time.monotonic() - self._liveness.since > STILL_TOLD_AFTER:
            since = since or self._unix.seconds(self._liveness.since)
        if not since:
            return ""
        return f"{self._source.identity}: the picture has not changed since {_time_of_day(since)}"

    @property
    def _name(self) -> str:
        """Whose picture should be shown."""
        return self._source.identity or self._source.wanted or self._whose

    @property
    def _state(self) -> IngressState:
        return self._states().get(self._name, NOTHING_KNOWN)

    def _known_away(self) -> bool:
        source = self._source
        return not source.identity or source.muted or bool(source.barrier) or self._state.away

    def _why_nobody(self) -> str:
        wanted, states = self._source.wanted, self._states()
        for name in (wanted,) if wanted else (self._whose, *states):
            state = states.get(name, NOTHING_KNOWN)
            if state.state:
                return f"{name}: {state}"
        return f"{wanted} publishes no video here" if wanted else "no camera in the room"

    def _to_show(self) -> tuple[Picture | None, float]:
        """What is shown while nothing comes, and each how many seconds."""
        if self._last is None:
            return None, 0.0
        if self.lost:
            return self._mark(*self._last), MARK_INTERVAL
        last, whose = self._last
        return (last if whose == self._source.identity else None), STILL_INTERVAL

    def _mark(self, last: Picture, whose: str) -> Picture:
        """The marked picture, which is drawn when what it says changes."""
        since = self._liveness.since
        title = "CAMERA OFF" if self._source.muted else "NO SIGNAL"
        label = (title, self._name, since)
        if self._marked and (
            self._marked[1] == label or not self._liveness.overdue(time.monotonic())
        ):
            return self._marked[0]  # of another one whose picture may be on its way
        plain = last.i420 if whose == self._name else black(last.width, last.height)
        told = f"since {_time_of_day(self._unix.seconds(since))}"
        i420 = mark(plain, title, self._name, told)
        self._marked = replace(last, i420=i420), label
        return self._marked[0]

    async def _run(self) -> None:
        while True:
            self.look(time.monotonic())
            await self.look_for_picture()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await self._wake.wait()
            self._wake.clear()

    async def look_for_picture(self) -> None:
        """A subscription that brings nothing is made anew, since the source or the server may be
        stuck; when that does not help, another source is better.
        """
        if self._liveness.asks_received(time.monotonic()):
            self._liveness.received(await self._source.received())
        now = time.monotonic()
        if self._liveness.renew(now):
            self._source.renew()
        if self._liveness.give_up(now):
            self._source.give_up()


def _time_of_day(unix: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(unix))
