"""The RPC methods `pressbox.ask` and `pressbox.skip`, for any participant."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from livekit import rtc

from agent.room.questions.question import Question

ASK = "pressbox.ask"
SKIP = "pressbox.skip"

BAD_REQUEST = 400
NOT_FOUND = 404
REFUSED = 429
FAILED = 503
"""Codes of the RpcErrors: the request is wrong; no such question of the caller waits or is being
answered; it was refused; it was asked, and has no answer.
"""

MAX_REPLY = 12_000
"""Bytes of an answer; LiveKit's RPC carries 15 KiB."""

Put = Callable[[str, str, Callable[[Question], None]], tuple[Question, int]]
TakeBack = Callable[[str, str], list[Question]]


class QuestionRpc:
    """Both methods. A caller who gives up waiting leaves its question as it is."""

    def __init__(self, room: rtc.Room, *, put: Put, take_back: TakeBack) -> None:
        """`put(identity, text, over)`: the question and how many turns off it is.
        `take_back(identity, id)`: those that were taken back, all of them for "".
        """
        self._room = room
        self._put = put
        self._take_back = take_back
        self._open = False

    def start(self) -> None:
        """Register the methods."""
        self._room.local_participant.register_rpc_method(ASK, self._on_ask)
        self._room.local_participant.register_rpc_method(SKIP, self._on_skip)
        self._open = True

    def stop(self) -> None:
        """Take the methods back. Idempotent."""
        if self._open:
            self._open = False
            self._room.local_participant.unregister_rpc_method(ASK)
            self._room.local_participant.unregister_rpc_method(SKIP)

    async def _on_ask(self, call: rtc.RpcInvocationData) -> str:
        text, wait = _asked(call.payload)
        over = asyncio.Event()
        question, position = self._put(call.caller_identity, text, lambda _: over.set())
        if question.state == "waiting" and not wait:
            return json.dumps({"id": question.id, "position": position})
        await over.wait()
        if question.error:
            code = REFUSED if question.state == "refused" else FAILED
            raise rtc.RpcError(code, question.error, json.dumps({"id": question.id}))
        reply = question.reply.encode()[:MAX_REPLY].decode(errors="ignore")
        return json.dumps({"id": question.id, "position": 0, "text": reply}, ensure_ascii=False)

    async def _on_skip(self, call: rtc.RpcInvocationData) -> str:
        wanted = _wanted(call.payload)
        back = self._take_back(call.caller_identity, wanted)
        if wanted and not back:
            why = f"no question {wanted[:40]!r} of yours waits or is being answered"
            raise rtc.RpcError(NOT_FOUND, why)
        return json.dumps({"skipped": [question.id for question in back]})


def _asked(payload: str) -> tuple[str, bool]:
    """The text of a question and whether to wait for its answer. Raises RpcError."""
    found = _parsed(payload)
    if isinstance(found, dict):
        text, wait = found.get("text"), found.get("wait", False)
        if not isinstance(text, str) or not isinstance(wait, bool):
            raise rtc.RpcError(BAD_REQUEST, 'expected {"text": "...", "wait": true or false}')
        return text, wait
    return found if isinstance(found, str) else payload, False


def _wanted(payload: str) -> str:
    """The id of a question, "" for all of them. Raises RpcError."""
    found = _parsed(payload) if payload.strip() else {}
    wanted = found.get("id", "") if isinstance(found, dict) else found
    if not isinstance(wanted, str):
        raise rtc.RpcError(BAD_REQUEST, 'expected {"id": "..."} or nothing')
    return wanted


def _parsed(payload: str) -> object:
    """JSON, or the payload itself where it is a text of another kind. Raises RpcError."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        if payload.lstrip().startswith("{"):
            raise rtc.RpcError(BAD_REQUEST, "not a JSON object, and it begins as one") from None
        return payload
