"""The settings of one room while it runs: changed by the RPC methods `pressbox.get` and
`pressbox.set`, and kept for the next start.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from livekit import rtc

from config.room_state import RoomState
from config.settings import RoomSettings, SettingsError
from config.tasks import Tasks, Tell

log = logging.getLogger("pressbox.control")

GET = "pressbox.get"
SET = "pressbox.set"

BAD_REQUEST = 400
"""Code of the RpcError that a wrong request is answered with; its data is `{"problems": [{key,
value, allowed}]}`.
"""

SAVE_TIMEOUT = 5.0
"""Seconds that a change under way may take when the room is left."""


class Control:
    """Owns the settings; both methods are for any participant."""

    def __init__(
        self,
        room: rtc.Room,
        settings: RoomSettings,
        state: RoomState,
        *,
        apply: Callable[[RoomSettings], None],
        tell: Tell,
    ) -> None:
        """`apply` takes the new settings whole; what it raises leaves the old ones in force."""
        self._room = room
        self._state = state
        self._apply = apply
        self._tell = tell
        self._tasks = Tasks(tell)
        self._saving = asyncio.Lock()
        self._open = False
        self.settings = settings
        """What holds now."""

    def start(self) -> None:
        """Register the methods."""
        self._room.local_participant.register_rpc_method(GET, self._on_get)
        self._room.local_participant.register_rpc_method(SET, self._on_set)
        self._open = True

    async def aclose(self) -> None:
        """Take the methods back, and wait for a change that is being saved. Idempotent."""
        if self._open:
            self._open = False
            self._room.local_participant.unregister_rpc_method(GET)
            self._room.local_participant.unregister_rpc_method(SET)
        await self._tasks.aclose(grace=SAVE_TIMEOUT)

    async def _on_get(self, _: rtc.RpcInvocationData) -> str:
        return self.settings.model_dump_json()

    async def _on_set(self, call: rtc.RpcInvocationData) -> str:
        changes = _changes(call.payload)
        try:
            settings = self.settings.updated(changes)
        except SettingsError as error:
            raise _refusal(error) from error
        self._apply(settings)
        self.settings = settings
        log.info("%s set %s", call.caller_identity, ", ".join(changes))
        # A task of its own: a caller who gives up must not end it halfway.
        await asyncio.wait([self._tasks.once("saving a setting", self._save(changes))])
        return settings.model_dump_json()

    async def _save(self, changes: Mapping[str, object]) -> None:
        def save() -> None:
            self._state.save(self._state.load() | dict(changes))

        async with self._saving:  # one after another, or the slower would undo the other
            try:
                await asyncio.to_thread(save)
            except OSError as error:
                why = error.strerror or type(error).__name__
                self._tell(f"the change holds, but a restart will not find it again: {why}")


def _changes(payload: str) -> dict[str, Any]:
    try:
        changes = json.loads(payload)
    except (ValueError, RecursionError):
        changes = None
    if not isinstance(changes, dict):
        raise rtc.RpcError(BAD_REQUEST, 'not a JSON object: expected one such as {"delay": 4}')
    return changes


def _refusal(error: SettingsError) -> rtc.RpcError:
    problems = [{"key": p.key, "value": p.value, "allowed": p.allowed} for p in error.problems]
    return rtc.RpcError(BAD_REQUEST, str(error), json.dumps({"problems": problems}))
