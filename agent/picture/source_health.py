"""Whether the watched source brings pictures; while it does not, its last one is shown marked."""

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
from agent.picture.lost_picture import black, mark
from agent.picture.picture import Picture
from agent.picture.starvation import Starvation
from config.source_names import INGRESS_ATTRIBUTE

log = logging.getLogger("pressbox.source")

NO_PICTURE_AFTER = 5.0
"""Seconds without a frame after which a source is lost of which nothing else is known."""

KNOWN_AWAY_AFTER = 0.5
"""The same for a source that is known to be away: long enough for the frames that are on their way,
and a picture that comes is more to be believed than an attribute that is late.
"""

MARK_INTERVAL = 0.5
"""Seconds between two marked pictures: each second one is a key frame for a late viewer."""

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

    @property
    def muted(self) -> bool:
        """Whether the camera is switched off."""

    def later(self, capture: float) -> float:
        """A capture time after that of the picture before."""

    async def decoded(self) -> int | None:
        """Pictures that LiveKit has decoded; None: not known."""

    def renew(self) -> None:
        """Subscribe anew."""


def ingress_states(room: rtc.Room) -> dict[str, IngressState]:
    """What each ingress in the room says about its source, by identity."""
    return {
        participant.identity: parse(participant.attributes[INGRESS_ATTRIBUTE])
        for participant in room.remote_participants.values()
        if INGRESS_ATTRIBUTE in participant.attributes
    }


class SourceHealth:
    """Watches one source and looks after it. Times are `time.monotonic()` seconds.

    `show` takes each marked picture; `on_lost(capture)` is called when the first one is shown, or
    would be, and `on_back()` before the first true one after it.
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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`states`: what ingresses say about themselves, by identity."""
        self._source = source
        self._states = states
        self._unix = unix
        self._show = show
        self._on_lost = on_lost
        self._on_back = on_back
        self._clock = clock
        self._starvation = Starvation()
        self._whose = ""
        self._since = clock()
        self._expected_since = self._since
        self._last: tuple[Picture, str] | None = None
        self._marked: tuple[Picture, tuple[str, str, float]] | None = None
        self._marked_at = self._lost_at = 0.0
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.lost = False
        """No picture comes, so the last one is shown marked."""

    def start(self) -> None:
        """Begin to watch."""
        self._task = asyncio.create_task(self._run(), name="source.health")

    def look_now(self, *_: object) -> None:
        """Something was said about a source: do not wait for the next look."""
        self._wake.set()

    async def aclose(self) -> None:
        """Stop. Idempotent."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def seen(self, picture: Picture) -> None:
        """A true picture has come."""
        self._since, self._last = picture.capture, (picture, self._source.identity)
        if self.lost:
            self.lost, self._marked = False, None
            seconds = picture.capture - self._lost_at
            log.info("%s brings pictures, after %.1f s without", self._source.identity, seconds)
            self._on_back()

    def changed(self, identity: str) -> bool:
        """`identity` is watched from now on, "" for nobody. Returns whether it is another one than
        before, of whom nothing has been seen yet.
        """
        now = self._clock()
        self._expected_since = now
        self._starvation.rest(now)
        if identity in ("", self._whose):
            return False
        self._whose, self._since = identity, now
        return True

    def look(self, now: float) -> None:
        """Decide whether the source is lost, and show the marked picture when it is due."""
        after = KNOWN_AWAY_AFTER if self._known_away() else NO_PICTURE_AFTER
        missing = self._whose != "" and now - self._since > after
        if missing and not self.lost:
            self.lost, self._lost_at = True, now
            log.info("the picture is lost: %s", self.trouble(now))
            self._on_lost(now)
        if missing:
            self._mark()
        if self.lost and self._marked and now - self._marked_at > MARK_INTERVAL - TICK / 2:
            self._marked_at = now
            self._show(replace(self._marked[0], capture=self._source.later(now)))

    def trouble(self, now: float) -> str:
        """Why there is no picture, one line; "" while there is one."""
        identity, state = self._source.identity, self._state
        missing = now - max(self._since, self._expected_since)
        if not identity:
            return self._why_nobody()
        if self._source.muted:
            return f"{identity} has switched the camera off"
        if state.away and now - self._since > KNOWN_AWAY_AFTER:
            return f"{identity}: {state}"
        if missing > NO_PICTURE_AFTER:
            return f"no picture from {identity} for more than {NO_PICTURE_AFTER:.0f} s"
        return f"the picture of {identity} is on its way" if self.lost else ""

    @property
    def remark(self) -> str:
        """What else a viewer should know of the source, one line or ""."""
        frozen = self._state.frozen
        if not frozen:
            return ""
        since = time.strftime("%H:%M", time.localtime(frozen))
        return f"{self._source.identity}: the picture has not changed since {since}"

    @property
    def _name(self) -> str:
        """Whose picture should be shown."""
        return self._source.identity or self._source.wanted or self._whose

    @property
    def _state(self) -> IngressState:
        return self._states().get(self._name, NOTHING_KNOWN)

    def _known_away(self) -> bool:
        return not self._source.identity or self._source.muted or self._state.away

    def _why_nobody(self) -> str:
        wanted, states = self._source.wanted, self._states()
        for name in (wanted,) if wanted else (self._whose, *states):
            state = states.get(name, NOTHING_KNOWN)
            if state.state:
                return f"{name}: {state}"
        return f"{wanted} publishes no video here" if wanted else "no camera in the room"

    def _mark(self) -> None:
        """Draw the marked picture, unless it is the one that is shown already."""
        title = "CAMERA OFF" if self._source.muted else "NO SIGNAL"
        label = (title, self._name, self._since)
        if self._last is None or (self._marked and self._marked[1] == label):
            return
        last, whose = self._last
        since = time.strftime("%H:%M:%S", time.localtime(self._unix.seconds(self._since)))
        plain = last.i420 if whose == self._name else black(last.width, last.height)
        i420 = mark(plain, title, self._name, f"since {since}")
        frame = rtc.VideoFrame(last.width, last.height, rtc.VideoBufferType.I420, i420.tobytes())
        self._marked = replace(last, i420=i420, frame=frame), label

    async def _run(self) -> None:
        while True:
            now = self._clock()
            self.look(now)
            await self.look_for_picture(now)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await self._wake.wait()
            self._wake.clear()

    async def look_for_picture(self, now: float) -> None:
        """A subscription that brings nothing is made anew, since the source or the server may be
        stuck; one to a source that is known to be away is not.
        """
        if self._known_away():
            self._expected_since = now
            self._starvation.rest(now)
        elif self._starvation.asks(now, self._since) and self._starvation.due(
            now, await self._source.decoded()
        ):
            self._source.renew()
