"""The RPC methods `pressbox.ask` and `pressbox.skip`, for any participant."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from livekit import rtc
from opentelemetry import propagate, trace

from agent.room.questions.question import NAME_LENGTH, Over, Question
from agent.room.room import Room
from agent.room.rpc import BAD_REQUEST, Methods, json_object

ASK = "pressbox.ask"
SKIP = "pressbox.skip"

ASK_EXAMPLE = '{"text": "...", "wait": true}'
"""`"steers": false`: where it is an order, it is not obeyed."""
SKIP_EXAMPLE = '{"id": "..."}'
"""Both take a `name` too: who asks, where one participant speaks for several."""

NOT_FOUND = 404
REFUSED = 429
FAILED = 503
"""Codes of the RpcErrors: no question of the caller with that id waits or is being answered; it was
refused; it was asked, and has no answer.
"""

MAX_REPLY = 12_000
"""Bytes of an answer; LiveKit's RPC carries 15 KiB."""

Put = Callable[[str, str, str, bool, Over], tuple[Question, int]]
TakeBack = Callable[[str, str, str], list[Question]]


class QuestionRpc(Methods):
    """Both methods. A caller who gives up waiting leaves its question as it is."""

    def __init__(self, room: Room, *, put: Put, take_back: TakeBack) -> None:
        """`put(identity, name, text, steers, over)`: the question and how many turns off it is.
        `take_back(identity, name, id)`: those that were taken back, all of them for "".
        """
        super().__init__(room, {ASK: self._on_ask, SKIP: self._on_skip})
        self._put = put
        self._take_back = take_back

    async def _on_ask(self, call: rtc.RpcInvocationData) -> str:
        """`{"text": "…"}`; `"wait": true` waits for the answer; `"traceparent"`: of a trace (W3C)
        that goes on. Answers `{"id", "position"}`; waited for, `"text"` too.
        """
        asked = json_object(call.payload, ASK_EXAMPLE)
        text, wait = asked.get("text"), asked.get("wait", False)
        name = asked.get("name", "")
        if not (isinstance(text, str) and isinstance(name, str) and isinstance(wait, bool)):
            raise rtc.RpcError(BAD_REQUEST, f"expected {ASK_EXAMPLE}")
        over = asyncio.Event()
        caller = propagate.extract({"traceparent": str(asked.get("traceparent", ""))})
        with trace.use_span(trace.get_current_span(caller)):
            question, position = self._put(
                call.caller_identity,
                name[:NAME_LENGTH],
                text,
                asked.get("steers", True) is True,
                lambda _: over.set(),
            )
        if question.state == "waiting" and not wait:
            return json.dumps({"id": question.id, "position": position})
        await over.wait()
        if question.error:
            code = REFUSED if question.state == "refused" else FAILED
            raise rtc.RpcError(code, question.error, json.dumps({"id": question.id}))
        reply = question.reply.encode()[:MAX_REPLY].decode(errors="ignore")
        return json.dumps({"id": question.id, "position": 0, "text": reply}, ensure_ascii=False)

    async def _on_skip(self, call: rtc.RpcInvocationData) -> str:
        """`{"id": "…"}`, or nothing for all of one's own. Answers `{"skipped": [id]}`."""
        asked = json_object(call.payload or "{}", SKIP_EXAMPLE)
        wanted, name = asked.get("id", ""), asked.get("name", "")
        if not (isinstance(wanted, str) and isinstance(name, str)):
            raise rtc.RpcError(BAD_REQUEST, f"expected {SKIP_EXAMPLE}")
        back = self._take_back(call.caller_identity, name[:NAME_LENGTH], wanted)
        if wanted and not back:
            why = f"no question {wanted[:40]!r} of yours waits or is being answered"
            raise rtc.RpcError(NOT_FOUND, why)
        return json.dumps({"skipped": [question.id for question in back]})
