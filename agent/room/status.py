"""What the room is told of the booth: the attributes `pressbox.status` and `lk.agent.state`."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass, fields
from typing import Literal

from agent.room.room import Room
from agent.room.succession import Turn
from config.tasks import Tasks

log = logging.getLogger("pressbox.status")

STATUS = "pressbox.status"
AGENT_STATE = "lk.agent.state"

INTERVAL = 0.5
"""Seconds between two updates: attributes go to everybody in the room."""

SEND_TIMEOUT = 2.0
"""Seconds. LiveKit loses an acknowledgement now and then; sending again costs nothing."""

WORTH_TELLING = 3
"""Failures in a row."""

SHOWN = 15.0
"""Seconds for which a notice is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is so at the moment.

    Attributes:
        mode: active or idle, as settings and schedule have it now.
        profile, preset, focus, length, language, schedule: As the settings of that name.
        voice: on, or off where lines are written only.
        source: Identity of who is watched, "" for nobody.
        lost: The source brings no picture, and its last one is shown marked.
        delay: Seconds.
        behind: The engine cannot keep up.
        still_since: Unix seconds since when nothing was worth a line; 0: something is.
        repeats: Lines that were not said because they were too like what was said before.
        engine: How the engine is.
        watching: Somebody is there to see or hear it.
        viewers: How many watch, those by HTTP too.
        paused: Why no commentary is made, "" while it is.
        agent_state: As LiveKit knows it: initializing, listening, thinking, speaking.
        trouble: What is wrong with the source, one line as all that follow, "" for nothing.
        engine_trouble: Why the engine is down.
        remark: What is worth knowing of the source, which brings its picture all the same.
        problems: What was wrong in the dispatch metadata.
    """

    mode: str = "active"
    profile: str = ""
    preset: str = ""
    focus: str = ""
    length: str = "normal"
    language: str = "en"
    schedule: str = ""
    voice: Literal["on", "off"] = "on"
    source: str = ""
    lost: bool = False
    delay: float = 0.0
    behind: bool = False
    still_since: int = 0
    repeats: int = 0
    engine: Literal["starting", "up", "down"] = "starting"
    watching: bool = True
    viewers: int = 0
    paused: str = ""
    agent_state: str = "initializing"
    trouble: str = ""
    engine_trouble: str = ""
    remark: str = ""
    problems: str = ""

    def error(self, notice: str) -> str:
        """The one line that a viewer reads; `notice` is what went wrong a moment ago. The worst
        comes first: without a picture or an engine all else is small.
        """
        return self.trouble or self.engine_trouble or notice or self.remark or self.problems

    def attributes(self, notice: str) -> dict[str, str]:
        """As it is published."""
        status = {
            "mode": self.mode,
            "profile": self.profile,
            "preset": self.preset,
            **{name: value for name in UNUSUAL if (value := getattr(self, name)) != _USUAL[name]},
            "source": self.source,
            "lost": self.lost,
            "delay": round(self.delay, 1),
            "behind": self.behind,
            "engine": self.engine,
            "error": self.error(notice),
            "watching": self.watching,
            "viewers": self.viewers,
            "paused": self.paused,
        }
        return {
            STATUS: json.dumps(status, separators=(",", ":")),
            AGENT_STATE: self.agent_state,
        }


UNUSUAL = ("focus", "length", "language", "schedule", "voice", "still_since", "repeats")
"""Told only where they are not as usual."""

_USUAL = {one.name: one.default for one in fields(Status)}


class StatusBoard:
    """Publishes the status when it has changed, and tries again when the room does not take it."""

    def __init__(self, room: Room, turn: Turn | None = None) -> None:
        """`turn`: nothing is published before it has come."""
        self._room = room
        self._turn = turn or Turn()
        self._published: dict[str, str] = {}
        self._notice, self._notice_until = "", float("-inf")
        self._tasks = Tasks(self.tell)
        self.status = Status()
        """What is so; whoever knows better puts another one here."""

    def start(self) -> None:
        """Begin to publish."""
        self._tasks.keep("the status", self._run)

    def tell(self, text: str) -> None:
        """Show what went wrong, one line, for a while; the log has it once, however often it
        comes.
        """
        if text != self._told():
            log.warning("%s", text)
        self._notice, self._notice_until = text, time.monotonic() + SHOWN

    def forget(self) -> None:
        """Publish everything again: the room was lost and entered anew."""
        self._published = {}

    async def aclose(self) -> None:
        """Stop. Idempotent."""
        await self._tasks.aclose()

    def _told(self) -> str:
        return self._notice if time.monotonic() < self._notice_until else ""

    async def _run(self) -> None:
        failures = 0
        await self._turn.come.wait()
        while True:
            attributes = self.status.attributes(self._told())
            if attributes != self._published and self._room.isconnected():
                failures = 0 if await self._publish(attributes) else failures + 1
                if failures == WORTH_TELLING:
                    log.warning("the room does not take the status")
            await asyncio.sleep(INTERVAL)

    async def _publish(self, attributes: dict[str, str]) -> bool:
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await self._room.local_participant.set_attributes(attributes)
        except Exception as error:  # LiveKit raises a bare one; the next round tries again
            log.debug("the status was not published: %s", error or type(error).__name__)
            return False
        self._published = attributes
        return True
