"""For those who come late: what was said before, by the RPC method `pressbox.lines`, and what is
being said, as if they had been there when it began.
"""

from __future__ import annotations

import json
import time
from typing import Any

from livekit import rtc

from agent.room.line_feed import KEPT, LineFeed
from agent.room.room import Room
from agent.room.rpc import BAD_REQUEST, Methods, json_object
from agent.sound.captions import Captions

LINES = "pressbox.lines"
EXAMPLE = '{"last": 50, "before": "line_0123456789ab", "now": true}'

MOST_BYTES = 14_000
"""Of an answer; LiveKit's RPC carries 15 KiB."""

SURE = 0.5
"""Seconds by which somebody must have come before a line to have its beginning for sure: the
server's clock, by which it came, is not ours.
"""

MOST_EARLY = 64
"""Callers that are remembered until the room announces them."""


class CatchUp(Methods):
    """LiveKit announces a participant that publishes nothing up to 3 s after it has come. So who
    wants to miss nothing calls, and all others get what is being said when they are announced.
    """

    def __init__(self, room: Room, lines: LineFeed, captions: Captions) -> None:
        super().__init__(room, {LINES: self._on_lines})
        self._lines, self._captions = lines, captions
        self._early: set[str] = set()
        """Who called before it was announced."""

    def start(self) -> None:
        """Register the method, and listen."""
        super().start()
        self._room.on("participant_active", self._came)

    async def aclose(self) -> None:
        """Take the method back. Idempotent."""
        if self._open:
            self._room.off("participant_active", self._came)
        self.stop()

    def _came(self, participant: rtc.RemoteParticipant) -> None:
        joined, who = participant.joined_at, participant.identity
        since = time.time() - joined.timestamp() if joined else 0.0
        if who not in self._early and since < self._lines.heard + SURE:
            self._tell_now(who)
        self._early.discard(who)

    def _tell_now(self, identity: str) -> None:
        self._lines.catch_up(identity)
        self._captions.catch_up(identity)

    async def _on_lines(self, call: rtc.RpcInvocationData) -> str:
        """`{"last": 50}`, 200 at most; `"before": id`: only older ones; `"now": true`: and what is
        being said, to the caller alone. Answers `{"lines": [pressbox.line]}`, those that are over,
        oldest first, as many of the newest as 14 kB hold.
        """
        usual: dict[str, Any] = {"last": KEPT, "before": "", "now": False}
        asked = usual | json_object(call.payload or "{}", EXAMPLE)
        wrong = any(type(asked[name]) is not type(value) for name, value in usual.items())
        if wrong or not 1 <= asked["last"] <= KEPT:
            raise rtc.RpcError(BAD_REQUEST, f"expected {EXAMPLE}, last from 1 to {KEPT}")
        who = call.caller_identity
        if who not in self._room.remote_participants and len(self._early) < MOST_EARLY:
            self._early.add(who)
        if asked["now"]:
            self._tell_now(who)
        return self._answer(asked["last"], asked["before"])

    def _answer(self, last: int, before: str) -> str:
        """The newest that there is room for, oldest first."""
        told = list(self._lines.told)
        if before:
            told = told[: next((n for n, one in enumerate(told) if one["id"] == before), 0)]
        found, size = [], 0
        for line in reversed(told[-last:]):
            text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
            size += len(text.encode()) + 1
            if size > MOST_BYTES:
                break
            found.append(text)
        return f'{{"lines":[{",".join(reversed(found))}]}}'
