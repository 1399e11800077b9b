"""Who watches though the room does not show it: by the RPC method `pressbox.watch`, or by what
LiveKit tells of subscriptions. A robot that is alone with its commentator is its own audience.
"""

from __future__ import annotations

import json
import time

from livekit import rtc

from agent.room.audience import MACHINES, Person, how_many, is_watched
from agent.room.room import Room
from agent.room.rpc import BAD_REQUEST, Methods, json_object

WATCH = "pressbox.watch"
EXAMPLE = '{"watching": true}'

HOLDS = 45.0
"""Seconds for which a call counts."""

MOST = 64
"""Callers that are remembered."""

_INGRESS = rtc.ParticipantKind.PARTICIPANT_KIND_INGRESS


class Watchers(Methods):
    """Counts callers, for a while, and a participant that has subscribed to us, until it leaves.

    LiveKit says once in a track's life that it was subscribed to, and not by whom: it was whoever
    is there alone.
    """

    def __init__(self, room: Room) -> None:
        super().__init__(room, {WATCH: self._on_watch})
        self._until: dict[str, float] = {}
        self._subscribers: set[str] = set()

    def start(self) -> None:
        """Register the method, and listen."""
        super().start()
        self._room.on("local_track_subscribed", self._subscribed)

    async def aclose(self) -> None:
        """Take the method back. Idempotent."""
        if self._open:
            self._room.off("local_track_subscribed", self._subscribed)
        self.stop()

    def count(self, people: list[Person], source: str) -> tuple[bool, int]:
        """Whether anybody watches, where this identity is the source, and how many people do."""
        return self.any() or is_watched(people, source), how_many(people, source)

    def any(self) -> bool:
        """Whether anybody is counted now."""
        now = time.monotonic()
        self._until = {who: until for who, until in self._until.items() if until > now}
        self._subscribers &= {one.sid for one in self._room.remote_participants.values()}
        return bool(self._until or self._subscribers)

    def _subscribed(self, _: object) -> None:
        able = [one for one in self._room.remote_participants.values() if one.kind != _INGRESS]
        if len(able) == 1 and able[0].kind not in MACHINES:
            self._subscribers.add(able[0].sid)

    async def _on_watch(self, call: rtc.RpcInvocationData) -> str:
        """`{"watching": true}`: counts as an audience for 45 s. Answers `{"seconds"}`."""
        watching = json_object(call.payload or "{}", EXAMPLE).get("watching", True)
        if not isinstance(watching, bool):
            raise rtc.RpcError(BAD_REQUEST, f"expected {EXAMPLE}")
        self._until.pop(call.caller_identity, None)
        if watching:
            if len(self._until) >= MOST:
                del self._until[next(iter(self._until))]
            self._until[call.caller_identity] = time.monotonic() + HOLDS
        return json.dumps({"seconds": HOLDS if watching else 0})
