"""The RPC methods `pressbox.get` and `pressbox.set`."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable

from livekit import rtc

from config.settings import RoomSettings, SettingsError

log = logging.getLogger("pressbox.control")

GET = "pressbox.get"
SET = "pressbox.set"

BAD_REQUEST = 400
"""Code of the RpcError that a wrong request is answered with; its data is `{"problems": [{key,
value, allowed}]}`.
"""


class Control:
    """Answers both methods for any participant."""

    def __init__(
        self,
        room: rtc.Room,
        *,
        current: Callable[[], RoomSettings],
        change: Callable[[dict[str, object]], Awaitable[RoomSettings]],
    ) -> None:
        """`change` applies a partial settings object and returns the whole; raises
        SettingsError.
        """
        self._room = room
        self._current = current
        self._change = change

    def start(self) -> None:
        """Register the methods."""
        self._room.local_participant.register_rpc_method(GET, self._get)
        self._room.local_participant.register_rpc_method(SET, self._set)

    def close(self) -> None:
        """Take the methods back."""
        self._room.local_participant.unregister_rpc_method(GET)
        self._room.local_participant.unregister_rpc_method(SET)

    async def _get(self, _: rtc.RpcInvocationData) -> str:
        return self._current().model_dump_json()

    async def _set(self, call: rtc.RpcInvocationData) -> str:
        try:
            changes = json.loads(call.payload)
        except ValueError:
            changes = None
        if not isinstance(changes, dict):
            raise rtc.RpcError(BAD_REQUEST, 'not a JSON object: expected one such as {"delay": 4}')
        try:
            settings = await self._change(changes)
        except SettingsError as error:
            problems = [
                {"key": p.key, "value": p.value, "allowed": p.allowed} for p in error.problems
            ]
            raise rtc.RpcError(
                BAD_REQUEST, str(error), json.dumps({"problems": problems})
            ) from error
        log.info("%s set %s", call.caller_identity, ", ".join(changes))
        return settings.model_dump_json()
