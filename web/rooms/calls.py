"""RPC calls to a booth for viewers by HTTP, and what becomes of their errors."""

from __future__ import annotations

import asyncio
import json

from livekit import rtc

from agent.room.questions.rpc import ASK, SKIP
from web.feed import CallError, decoded

LIMIT, ANSWER_LIMIT = 10.0, 120.0
"""Seconds for an answer; the second where a question waits for its turn and until it was heard."""
ROUND_TRIP = 3.0
"""Seconds in which a booth must acknowledge a call."""

_Code = rtc.RpcError.ErrorCode
_GONE = 503, "the commentator has just left"
_ERRORS: dict[int, tuple[int, str]] = {
    _Code.UNSUPPORTED_METHOD: (404, "the commentator does not know this method"),
    _Code.REQUEST_PAYLOAD_TOO_LARGE: (400, "the request is too long: LiveKit carries 15 KiB"),
    _Code.CONNECTION_TIMEOUT: (504, "the commentator does not answer"),
    _Code.RESPONSE_TIMEOUT: (504, "the commentator did not answer in time"),
    _Code.RECIPIENT_NOT_FOUND: _GONE,
    _Code.RECIPIENT_DISCONNECTED: _GONE,
    _Code.SEND_FAILED: _GONE,
}
_REFUSALS = range(400, 600)
"""Codes of a booth's own errors are HTTP statuses."""


async def call(room: rtc.Room, identity: str, method: str, payload: str, name: str) -> str:
    """What the booth of that identity answers. Raises CallError."""
    limit = ANSWER_LIMIT if method == ASK else LIMIT
    payload = named(method, payload, name)
    try:
        async with asyncio.timeout(limit + ROUND_TRIP):
            return await room.local_participant.perform_rpc(
                destination_identity=identity,
                method=method,
                payload=payload,
                response_timeout=limit,
                max_round_trip_latency=ROUND_TRIP,
            )
    except rtc.RpcError as error:
        raise translated(error) from error
    except TimeoutError:
        raise CallError(*_ERRORS[_Code.RESPONSE_TIMEOUT]) from None
    except Exception as error:  # LiveKit's bare one: the room was left meanwhile
        raise CallError(*_GONE) from error


def named(method: str, payload: str, name: str) -> str:
    """The payload with the name of who asks, where the method takes one."""
    asked = decoded(payload or "{}") if name and method in (ASK, SKIP) else None
    return payload if asked is None else json.dumps({**asked, "name": name})


def translated(error: rtc.RpcError) -> CallError:
    """What a viewer is told of it."""
    if error.code not in _REFUSALS:
        return CallError(*_ERRORS.get(error.code, (503, "the commentator failed at it")))
    return CallError(error.code, error.message, decoded(error.data or ""))
