"""An engine of Pressbox, as `models/server.py` and `models/api.py` are."""

from __future__ import annotations

import base64
from typing import Any

from aiohttp import web

from .base import WORDS, ScriptedServer, chunk, error, usage_chunk, wave_of


class PressboxServer(ScriptedServer):
    """Says what it is in `/v1/models` and how busy in `/health`.

    Args:
        speaks, hears: What its engine can do.
        busy: What `/health` says beyond the requests that are under way.
        notice: Sent with every answer.
        voices: Voices it knows; any other is refused.
    """

    def __init__(
        self,
        *,
        speaks: bool = True,
        hears: bool = False,
        busy: int = 0,
        notice: str = "",
        voices: tuple[str, ...] = ("default",),
    ) -> None:
        super().__init__()
        self.speaks, self.busy, self.notice, self.voices = speaks, busy, notice, voices
        card = {"id": "sketch", "object": "model", "created": 0, "owned_by": "pressbox"}
        takes = ["text", "image", *(["audio"] if hears else [])]
        gives = ["text", "audio"] if speaks else ["text"]
        self.models = ({**card, "modalities": gives, "input_modalities": takes},)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/health", self._health)]

    async def _health(self, _: web.Request) -> web.Response:
        counts = {"running": self.in_flight + self.busy, "waiting": 0}
        return web.json_response({"state": "ready", "engine": "sketch", **counts})

    async def answer(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        voice = body.get("audio", {}).get("voice", "default")
        if voice not in self.voices:
            text = f"the voice {voice!r} is not known"
            return error(400, text, "invalid_request_error", code="unknown_voice")
        events = [chunk({"role": "assistant", "content": word}) for word in WORDS]
        if self.speaks and "audio" in body["modalities"]:
            data = base64.b64encode(wave_of(0.2, 24_000)).decode()
            events.append(chunk({"audio": {"id": "a", "data": data}}))
        if self.notice:
            events.append({**chunk({}), "choices": [], "pressbox": {"notice": self.notice}})
        return await self.streamed(request, [*events, chunk({}, "stop"), usage_chunk()])
