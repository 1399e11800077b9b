"""The RPC method `pressbox.rules`: lists the rules of a room, and changes them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from livekit import rtc

from agent.alerts.rulebook import ASKED
from agent.room.control import BAD_REQUEST
from config.alert_rule import RuleError
from config.errors import SettingsError

RULES = "pressbox.rules"
LARGEST = 14_000
"""Bytes of an answer: LiveKit takes 15 kB."""
_SHORT = ("name", "enabled", "last_hit", "not_judged")


class RulesRpc:
    """For any participant. An answer is `{"rules": [...]}`; where that is too long, only what is
    most needed of each.
    """

    def __init__(
        self,
        room: rtc.Room,
        *,
        edit: Callable[[Mapping[str, Any], str], asyncio.Task[None]],
        listed: Callable[[], list[dict[str, object]]],
    ) -> None:
        """`edit(order, by)` changes the rules at once, and its task keeps them; `listed()` is what
        holds, as JSON values.
        """
        self._room = room
        self._edit = edit
        self._listed = listed
        self._open = False

    def start(self) -> None:
        """Register the method."""
        self._room.local_participant.register_rpc_method(RULES, self._on_rules)
        self._open = True

    async def aclose(self) -> None:
        """Take it back. Idempotent."""
        if self._open:
            self._open = False
            self._room.local_participant.unregister_rpc_method(RULES)

    async def _on_rules(self, call: rtc.RpcInvocationData) -> str:
        try:
            order = json.loads(call.payload or "{}")
        except (ValueError, RecursionError):
            order = None
        if not isinstance(order, dict):
            raise rtc.RpcError(BAD_REQUEST, f"not a JSON object: expected {ASKED}")
        if order:
            try:
                kept = self._edit(order, call.caller_identity)
            except (RuleError, SettingsError) as error:
                raise rtc.RpcError(BAD_REQUEST, str(error)) from error
            await asyncio.wait([kept])  # a caller who gives up must not end it
        return _fitting(self._listed())


def _fitting(listed: list[dict[str, object]]) -> str:
    full = json.dumps({"rules": listed})
    if len(full.encode()) <= LARGEST:
        return full
    return json.dumps({"rules": [{name: one[name] for name in _SHORT} for one in listed]})
