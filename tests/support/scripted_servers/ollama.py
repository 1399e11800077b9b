"""Ollama as its documentation and code say."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from .base import WORDS, ScriptedServer, chunk, error, parts, usage_chunk


class OllamaServer(ScriptedServer):
    """`docs/api/openai-compatibility.mdx`, `docs/api.md`, `openai/openai.go`, `server/routes.go`.

    Args:
        name: The model's name; `owned_by` is what stands before its slash, else "library".
        capabilities: What `/api/show` says of it; None: too old to say.
    """

    def __init__(
        self,
        name: str = "minicpm-v4.5:latest",
        capabilities: tuple[str, ...] | None = ("completion", "vision"),
    ) -> None:
        super().__init__()
        self.name, self.capabilities = name, capabilities
        owner = name.split("/")[0] if "/" in name else "library"
        self.models = ({"id": name, "object": "model", "created": 0, "owned_by": owner},)

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/api/show", self._show), web.get("/api/version", self._version)]

    async def _version(self, _: web.Request) -> web.Response:
        return web.json_response({"version": "0.23.0"})

    async def _show(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["model"] != self.name:
            return web.json_response({"error": f"model '{body['model']}' not found"}, status=404)
        more = {} if self.capabilities is None else {"capabilities": list(self.capabilities)}
        return web.json_response({"details": {"format": "gguf"}, **more})

    async def answer(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        if body["model"] != self.name:
            text = f"model '{body['model']}' not found"
            return error(404, text, "not_found_error", code=None)
        urls = [part["image_url"]["url"] for part in parts(body, "image_url")]
        if not all(url.startswith("data:image/jpeg;base64,") for url in urls):
            return error(400, "invalid image input", "invalid_request_error", code=None)
        if body.get("reasoning_effort") not in {None, "none", "low", "medium", "high"}:
            return error(400, "invalid reasoning value", "invalid_request_error", code=None)
        limit = body.get("max_tokens") or len(WORDS)
        words = [chunk({"role": "assistant", "content": word}) for word in WORDS[:limit]]
        if body.get("reasoning_effort") != "none":
            words.insert(0, chunk({"role": "assistant", "content": "", "reasoning": "Hm."}))
        last = chunk({"content": ""}, "stop" if limit >= len(WORDS) else "length")
        asked = (body.get("stream_options") or {}).get("include_usage")
        return await self.streamed(request, [*words, last, *([usage_chunk()] if asked else [])])
