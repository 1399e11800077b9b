"""The participant attributes `pressbox.status` and `lk.agent.state`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from dataclasses import asdict, dataclass
from typing import Literal

from livekit import rtc

log = logging.getLogger("pressbox.status")

STATUS = "pressbox.status"
AGENT_STATE = "lk.agent.state"

INTERVAL = 0.5
"""Seconds between two updates: attributes go to everybody in the room."""

SEND_TIMEOUT = 2.0
"""Seconds. LiveKit loses an acknowledgement now and then; sending again costs nothing."""

WORTH_TELLING = 3
"""Failures in a row."""


@dataclass(slots=True)
class Status:
    """What a viewer is told. `delay` in seconds; `error` and `paused` are one line each, or
    empty; `lost`: the source brings no picture, and its last one is shown marked.
    """

    mode: str = "active"
    profile: str = ""
    preset: str = ""
    source: str = ""
    lost: bool = False
    delay: float = 0.0
    behind: bool = False
    engine: Literal["starting", "up", "down"] = "starting"
    error: str = ""
    watching: bool = True
    paused: str = ""


class StatusBoard:
    """Publishes the status when it has changed, and tries again when the room does not take it."""

    def __init__(self, room: rtc.Room) -> None:
        self._room = room
        self._published: dict[str, str] = {}
        self._failures = 0
        self._task: asyncio.Task[None] | None = None
        self.status = Status()
        self.agent_state = "initializing"

    def start(self) -> None:
        """Begin to publish."""
        self._task = asyncio.create_task(self._run(), name="status.publish")

    def forget(self) -> None:
        """Publish everything again: the room was lost and entered anew."""
        self._published = {}

    async def aclose(self) -> None:
        """Stop. Idempotent."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def _attributes(self) -> dict[str, str]:
        status = asdict(self.status) | {"delay": round(self.status.delay, 1)}
        return {
            STATUS: json.dumps(status, separators=(",", ":")),
            AGENT_STATE: self.agent_state,
        }

    async def _run(self) -> None:
        while True:
            attributes = self._attributes()
            if attributes != self._published and self._room.isconnected():
                try:
                    async with asyncio.timeout(SEND_TIMEOUT):
                        await self._room.local_participant.set_attributes(attributes)
                    self._published = attributes
                    self._failures = 0
                except Exception as error:
                    # LiveKit raises bare Exception here; the next round tries again.
                    self._failures += 1
                    if self._failures == WORTH_TELLING:
                        why = str(error) or type(error).__name__
                        log.warning("the status cannot be published: %s", why)
            await asyncio.sleep(INTERVAL)
