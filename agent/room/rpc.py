"""RPC methods that a booth offers to any participant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from livekit import rtc

from agent.room.room import Method, Room
from config.agent_name import GUEST_PREFIX

BAD_REQUEST = 400
"""Code of the RpcError that a wrong request is answered with."""
FORBIDDEN = 403
"""Code of the RpcError for guests who want to change something."""


class Methods:
    """Some of them, by name; registered from `start` to `stop`."""

    def __init__(
        self,
        room: Room,
        methods: Mapping[str, Method],
    ) -> None:
        self._room = room
        self._methods = methods
        self._open = False

    def start(self) -> None:
        """Register them."""
        for name, handler in self._methods.items():
            self._room.local_participant.register_rpc_method(name, handler)
        self._open = True

    def stop(self) -> None:
        """Take them back. Idempotent."""
        if self._open:
            self._open = False
            for name in self._methods:
                self._room.local_participant.unregister_rpc_method(name)


def refuse_guests(call: rtc.RpcInvocationData) -> None:
    """Raises RpcError for whoever may watch and ask, and no more."""
    if call.caller_identity.startswith(GUEST_PREFIX):
        raise rtc.RpcError(FORBIDDEN, "who came by a viewer link may watch and ask, not change it")


def json_object(payload: str, example: str) -> dict[str, Any]:
    """What a caller sent. Raises RpcError, which says what would be right."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise rtc.RpcError(BAD_REQUEST, f"not a JSON object: expected one such as {example}")
    return found
