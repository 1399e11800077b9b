"""One booth a room: of two at once the older one stays, unless its worker drains.

Two dispatches into one room would be two voices over one another. The participant of a booth that
was killed stays in the room for about 20 s: it is told from a living one by asking it something.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from livekit import rtc

from config.agent_name import is_ours
from config.tasks import Tasks

log = logging.getLogger("pressbox.booth")

INTERVAL = 1.0
"""Seconds between two looks. Nothing tells of a change: LiveKit announces a participant that has
published nothing up to 3 s late, and tells nobody that its own place in the order is a new one
after a reconnection.
"""

ANSWER = 1.0
"""Seconds for an answer; a living participant needs a few milliseconds."""

PATIENCE = 5.0
"""Seconds for which a new booth waits for an older one that does not answer, before it begins."""

DRAINING = "pressbox.draining"
"""Attribute that a worker gives its booths before it ends: another one is to follow each."""

METHOD = "pressbox.here"
"""Nobody has it: also the answer that there is no such method comes from somebody who lives, and
comes without a line of Python that could be busy.
"""

SILENT = (
    rtc.RpcError.ErrorCode.CONNECTION_TIMEOUT,
    rtc.RpcError.ErrorCode.RESPONSE_TIMEOUT,
    rtc.RpcError.ErrorCode.RECIPIENT_DISCONNECTED,
    rtc.RpcError.ErrorCode.RECIPIENT_NOT_FOUND,
    rtc.RpcError.ErrorCode.SEND_FAILED,
)


@dataclass(frozen=True, slots=True, order=True)
class Arrival:
    """A booth's place in the order of arrival. `joined`: Unix seconds by the server's clock."""

    joined: float
    sid: str
    identity: str


_NOBODY = Arrival(0.0, "", "")


def before(own: Arrival, others: Iterable[Arrival]) -> list[str]:
    """Identities of the booths that were there first, oldest first. Of any set exactly one has none
    before it.
    """
    return [other.identity for other in sorted(others) if other < own]


class OnlyBooth:
    """Watches over one booth's room; owns a task."""

    def __init__(self, room: rtc.Room, leave: Callable[[str], None]) -> None:
        """`leave(why)`: ends this booth's job; called once at most."""
        self._room = room
        self._leave = leave
        self._tasks = Tasks(lambda text: log.warning("room %s: %s", room.name, text))
        self._decided = asyncio.Event()
        self._alone = True

    async def alone(self) -> bool:
        """Begin to watch. Whether a booth may start here: not where an older one lives; this one
        then leaves. Takes seconds only where an older one is in the room and does not answer.
        """
        self._tasks.keep("the look for another commentator", self._watch)
        await self._decided.wait()
        return self._alone

    @property
    def follows(self) -> str:
        """Identity of a booth that drains, "" for none."""
        draining = filter(_drains, self._booths())
        return max(map(_arrival, draining), default=_NOBODY).identity

    async def aclose(self) -> None:
        """Stop watching; whoever still waits to begin does not. Idempotent."""
        self._alone = False
        self._decided.set()
        await self._tasks.aclose()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while not (older := await self._older()):
            if loop.time() >= until or not self._before():
                self._decided.set()
            await asyncio.sleep(INTERVAL)
        self._alone = False
        self._decided.set()
        why = f"{older} comments in room {self._room.name} already: this second commentator leaves"
        log.warning("%s", why)
        self._leave(why)

    async def _older(self) -> str:
        """The oldest booth that was here first and lives; "" where there is none."""
        for identity in self._before():
            if await self._lives(identity):
                return identity
        return ""

    def _before(self) -> list[str]:
        own = _arrival(self._room.local_participant)
        return before(own, (_arrival(one) for one in self._booths() if not _drains(one)))

    def _booths(self) -> list[rtc.RemoteParticipant]:
        return [one for one in self._room.remote_participants.values() if is_ours(one)]

    async def _lives(self, identity: str) -> bool:
        ask = self._room.local_participant.perform_rpc(
            destination_identity=identity,
            method=METHOD,
            payload="",
            response_timeout=ANSWER,
            max_round_trip_latency=ANSWER,
        )
        try:
            async with asyncio.timeout(2 * ANSWER):
                await ask
        except rtc.RpcError as error:
            return error.code not in SILENT
        except Exception:
            # A time-out, or one of the bare exceptions of LiveKit; it is asked again.
            return False
        return True


def _drains(participant: rtc.RemoteParticipant) -> bool:
    return DRAINING in participant.attributes


def _arrival(participant: rtc.Participant) -> Arrival:
    joined = participant.joined_at
    return Arrival(joined.timestamp() if joined else 0.0, participant.sid, participant.identity)
