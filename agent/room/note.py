"""The RPC method `pressbox.note`: a robot tells what its picture does not show."""

from __future__ import annotations

import json
import time

from livekit import rtc
from livekit.plugins.pressbox.commentator import Note

from agent.room.questions.question import cleaned
from agent.room.room import Room
from agent.room.rpc import BAD_REQUEST, Methods, json_object, refuse_guests

NOTE = "pressbox.note"
EXAMPLE = '{"text": "battery at 12 %", "seconds": 60}'
HOLDS, LONGEST = 60.0, 3600.0
"""Seconds for which a note holds where none are given, and at most."""


class NoteRpc(Methods):
    """Anybody in the room may tell; the last one holds."""

    def __init__(self, room: Room, note: Note) -> None:
        super().__init__(room, {NOTE: self._on_note})
        self._note = note

    async def aclose(self) -> None:
        """Take the method back. Idempotent."""
        self.stop()

    async def _on_note(self, call: rtc.RpcInvocationData) -> str:
        """`{"text": "battery at 12 %", "seconds": 60}`: what the picture does not show; holds so
        long (60), one for the room, at most 200 characters, `""` ends it. Answers `{"text"}`, as
        it is kept.
        """
        refuse_guests(call)
        told = json_object(call.payload, EXAMPLE)
        text, seconds = told.get("text"), told.get("seconds", HOLDS)
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not isinstance(text, str) or not number or not 1 <= seconds <= LONGEST:
            raise rtc.RpcError(BAD_REQUEST, f"expected {EXAMPLE}, seconds from 1 to {LONGEST:g}")
        kept = self._note.put(cleaned(text), time.monotonic(), float(seconds))
        return json.dumps({"text": kept}, ensure_ascii=False)
