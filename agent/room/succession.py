"""A booth whose worker drains is followed by another one, with no pause between their voices.

The successor gets everything ready, its first line too, and then asks the older one to fall silent.
Until that has, it says nothing and keeps its status to itself: people take the newest agent with a
status for the commentator.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from livekit import rtc

from agent.room.only_booth import ANSWER
from agent.room.room import Room
from agent.room.rpc import FORBIDDEN, Methods
from config.agent_name import is_ours
from config.tasks import Tasks, Tell

log = logging.getLogger("pressbox.booth")

YIELD = "pressbox.yield"
"""RPC method of a booth that drains, for its successor: answers once it is silent, and leaves."""

YIELD_LIMIT = 5.0
"""Seconds that the older one has to end its line in."""
READY_LIMIT = 5.0
"""Seconds after which a successor takes the room without a line at hand."""
STAY = 1.0
"""Seconds for which the older one is still seen, until people see the other one."""


class Turn:
    """When a booth may speak: at once, or after the one that it follows."""

    def __init__(self, room: rtc.Room | None = None, after: str = "") -> None:
        """`after`: identity of the older booth in that room, "" for none."""
        self._room = room
        self._after = after
        self._asked = asyncio.Event()
        self._tasks = Tasks(lambda _: None)
        self.come = asyncio.Event()
        if room is None or not after:
            self.come.set()

    def start(self) -> None:
        """Begin to wait."""
        if not self.come.is_set():
            self._tasks.once("the turn", self._take())

    async def take(self) -> None:
        """There is something to say: wait until it may be said."""
        self._asked.set()
        await self.come.wait()

    async def aclose(self) -> None:
        """Stop waiting. Idempotent."""
        await self._tasks.aclose()

    async def _take(self) -> None:
        room = self._room
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), READY_LIMIT)
            if room and self._after in room.remote_participants:
                async with asyncio.timeout(YIELD_LIMIT + ANSWER):
                    await room.local_participant.perform_rpc(
                        destination_identity=self._after,
                        method=YIELD,
                        payload="",
                        response_timeout=YIELD_LIMIT + ANSWER,
                        max_round_trip_latency=ANSWER,
                    )
        except Exception as error:  # one of the bare exceptions of LiveKit too
            log.info("%s does not answer: %s", self._after, str(error) or type(error).__name__)
        finally:
            self.come.set()


class Yielding(Methods):
    """Ends a booth for its successor."""

    def __init__(
        self,
        room: Room,
        finish: Callable[[], Awaitable[None]],
        leave: Callable[[str], None],
        tell: Tell,
    ) -> None:
        """`finish`: returns once the running line has ended, and lets none follow; `leave(why)`."""
        super().__init__(room, {YIELD: self._on_yield})
        self._finish, self._leave = finish, leave
        self._tasks = Tasks(tell)

    async def aclose(self) -> None:
        """Take the method back. Idempotent."""
        self.stop()
        await self._tasks.aclose()

    async def _on_yield(self, call: rtc.RpcInvocationData) -> str:
        successor = self._room.remote_participants.get(call.caller_identity)
        if successor is None or not is_ours(successor):
            raise rtc.RpcError(FORBIDDEN, "only another commentator takes this one's place")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._finish(), YIELD_LIMIT)
        self._tasks.once("the end of this booth", self._end(successor.identity))
        return ""

    async def _end(self, successor: str) -> None:
        await asyncio.sleep(STAY)
        self._leave(f"{successor} goes on in room {self._room.name}")
