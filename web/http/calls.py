"""What a booth is asked and told: questions, lines, settings, rules, notes."""

from __future__ import annotations

import json

from aiohttp import web

from web.access.guard import is_guest
from web.feed import CallError, decoded
from web.http.parameters import Asking, InRoom, Note, Question, Said, body, json_object
from web.http.viewers import Viewers, within

CALL_TIMEOUT = 20.0
ANSWER_TIMEOUT = 100.0
"""Seconds."""


class CallApi:
    """The handlers."""

    def __init__(self, viewers: Viewers) -> None:
        self._viewers = viewers

    async def ask(self, request: web.Request, asked: Asking) -> web.Response:
        """Ask, or order: 202 with the question's id, or with `wait` 200 and the answer. The header
        `traceparent` (W3C) is heeded.
        """
        question = await body(request, Question)
        told = {"text": question.text, "wait": asked.wait, "steers": not is_guest(request)}
        if traceparent := request.headers.get("traceparent"):
            told["traceparent"] = traceparent
        answer = await self._call(
            asked.room,
            "pressbox.ask",
            json.dumps(told),
            question.name,
            timeout=ANSWER_TIMEOUT if asked.wait else CALL_TIMEOUT,
        )
        return _json(answer, 200 if "text" in answer else 202)

    async def lines(self, _: web.Request, asked: Said) -> web.Response:
        """Lines that are over, the oldest first, as many of the newest as 14 kB hold."""
        wanted = json.dumps({"last": asked.last, "before": asked.before})
        return _json(await self._call(asked.room, "pressbox.lines", wanted))

    async def settings(self, _: web.Request, asked: InRoom) -> web.Response:
        """All settings."""
        return _json(await self._call(asked.room, "pressbox.get", ""))

    async def change_settings(self, request: web.Request, asked: InRoom) -> web.Response:
        """Change some settings; null takes one back. Answers all of them."""
        changes = json.dumps(await json_object(request))
        return _json(await self._call(asked.room, "pressbox.set", changes))

    async def rules(self, _: web.Request, asked: InRoom) -> web.Response:
        """All alert rules."""
        return _json(await self._call(asked.room, "pressbox.rules", "{}"))

    async def change_rules(self, request: web.Request, asked: InRoom) -> web.Response:
        """Add, remove or switch a rule. Answers all of them."""
        order = json.dumps(await json_object(request))
        return _json(await self._call(asked.room, "pressbox.rules", order))

    async def note(self, request: web.Request, asked: InRoom) -> web.Response:
        """Say what the picture does not show; answers the note as it is kept."""
        told = await body(request, Note)
        return _json(await self._call(asked.room, "pressbox.note", told.model_dump_json()))

    async def _call(
        self, room: str, method: str, payload: str, name: str = "", timeout: float = CALL_TIMEOUT
    ) -> dict[str, object]:
        async with self._viewers.room(room) as feed:
            calling = feed.call(method, payload, name)
            answer = await within(timeout, calling, 504, "no answer came")
        found = decoded(answer)
        if found is None:
            raise CallError(502, "the commentator's answer makes no sense")
        return found


def _json(values: dict[str, object], status: int = 200) -> web.Response:
    return web.json_response(values, status=status, headers={"Cache-Control": "no-store"})
