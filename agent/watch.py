"""Keeps pacing and status true to what goes on: who watches, what is wrong, who talks."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Literal

from livekit.plugins.pressbox.commentator import I420, Commentator

from agent.clock.delay import Delay
from agent.clock.display_clock import DisplayClock
from agent.clock.pacer import BoothPacer
from agent.clock.unix_clock import UnixClock
from agent.picture.delayed_track import DelayedTrack
from agent.picture.source_health import SourceHealth
from agent.picture.watched import Watched
from agent.room.audience import Audience
from agent.room.control import Control
from agent.room.status import Status, StatusBoard
from config.settings import RoomSettings

log = logging.getLogger("pressbox.booth")

TICK = 0.5

STILL = 5.0
"""Seconds without anything worth a line after which the status says so."""

Pace = Literal["commentate", "finish", "rest"]


class Watch:
    """Looks at all parts of a booth, a few times a second and whenever it is told to."""

    def __init__(
        self,
        board: StatusBoard,
        commentator: Commentator[I420],
        source: Watched,
        health: SourceHealth,
        delayed: DelayedTrack,
        control: Control,
        *,
        clock: DisplayClock,
        delay: Delay,
        pacer: BoothPacer,
        unix: UnixClock,
        seen: Callable[[str], tuple[bool, int]],
        lost: Callable[[bool], None],
        problem: str,
    ) -> None:
        """`seen(source)`: whether anybody watches, where this identity is the source, and how many.
        `lost(is_so)`: told at each look whether the source is. `problem`: what was wrong in the
        settings that came with the dispatch, "" for nothing.
        """
        self._board = board
        self._commentator = commentator
        self._source = source
        self._health = health
        self._delayed = delayed
        self._control = control
        self._clock = clock
        self._delay = delay
        self._pacer = pacer
        self._unix = unix
        self._seen = seen
        self._lost = lost
        self._full = control.settings.effective()
        self._problem = problem
        self._audience = Audience(self._full.idle_after, time.monotonic())
        self._talking: set[str] = set()
        self._pace: Pace | None = None

    async def run(self) -> None:
        """Look for ever."""
        while True:
            self.look()
            await asyncio.sleep(TICK)

    def use(self, full: RoomSettings) -> None:
        """Go by these settings, preset and profile filled in, from now on."""
        self._full, self._problem = full, ""
        self._audience.idle_after = full.idle_after
        self.look()

    def spoke(self) -> None:
        """Somebody asked or ordered something: someone is there, whatever the room says."""
        self._audience.spoke(time.monotonic())

    def talks(self, identity: str, on: bool) -> None:
        """Somebody begins to ask aloud, or has done so: nobody talks over it."""
        self.spoke()
        if on:
            self._talking.add(identity)
            self._commentator.silence()
        else:
            self._talking.discard(identity)
        self.look()

    def look(self) -> None:
        """Set the pace, and say how things are."""
        now = time.monotonic()
        watched, viewers = self._seen(self._source.identity)
        worth_it = self._audience.update(watched, now)
        trouble = self._health.trouble(now)
        self._lost(self._health.lost)
        mode = self._control.mode
        paused = "" if worth_it else "nobody is watching"
        if paused != self._board.status.paused:
            log.info("commentary rests: %s", paused) if paused else log.info("somebody is watching")
        self._delay.watched, self._delay.shown = watched, self._delayed.published
        if self._delay.unseen:
            self._delay.steer(now)
        rests = mode == "idle" or not worth_it or bool(self._talking)
        self._go_on("rest" if rests else "finish" if trouble else "commentate")
        engine = self._commentator.engine_state
        self._board.status = Status(
            mode=mode,
            profile=self._full.profile,
            preset=self._full.preset,
            focus=self._full.focus,
            length=self._full.length,
            language=self._full.language,
            schedule=self._full.schedule,
            voice="on" if self._full.enable_tts else "off",
            source=self._source.identity,
            lost=self._health.lost,
            delay=self._clock.delay(now),
            behind=self._pacer.behind,
            still_since=self._still_since(now),
            repeats=self._commentator.repeats.held_back,
            engine="starting" if engine is None else "up" if engine.up else "down",
            watching=watched,
            viewers=viewers,
            paused=paused,
            agent_state=self._agent_state,
            trouble=trouble,
            engine_trouble="" if engine is None else engine.reason,
            remark=self._health.remark,
            problems=self._problem,
        )

    @property
    def why_no_judgement(self) -> str:
        """Why no rule is judged by the engine now, "" where one may be."""
        status = self._board.status
        if status.lost or status.engine != "up":
            return "the source gives no picture" if status.lost else "the engine is not up"
        return "the engine is behind" if status.behind else ""

    def _still_since(self, now: float) -> int:
        """Unix seconds since when nothing was worth a line, 0 while something is."""
        since = self._commentator.occasions.nothing_since
        if since is None or now - since < STILL:
            return 0
        return round(self._unix.seconds(since))

    def _go_on(self, pace: Pace) -> None:
        """commentate; finish: what is ready may still be said, since it is true of what is shown;
        rest: nothing more is said.
        """
        if pace == self._pace:
            return
        self._pace = pace
        if pace == "commentate":
            self._commentator.resume()
        else:
            self._commentator.pause(unheard=pace == "rest" or not self._delay.in_sync)

    @property
    def _agent_state(self) -> str:
        """As LiveKit's own agents have it."""
        lines = list(self._commentator.lines)
        if any(line.state == "playing" and not line.text_only for line in lines):
            return "speaking"
        return "thinking" if any(line.live for line in lines) else "listening"
