"""llama.cpp's server as its README says."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from .base import WORDS, ScriptedServer, chunk, error, parts, usage_chunk


class LlamaCppServer(ScriptedServer):
    """`tools/server/README.md`.

    Args:
        vision, audio: What its mmproj file has.
        loading: Requests that are refused while the model is loaded.
        context: Most pictures that fit into the context.
        thinks: Whether the template thinks aloud unless it is told not to.
    """

    models = (
        {"id": "MiniCPM-o-4_5-Q4_K_M.gguf", "object": "model", "created": 0,
         "owned_by": "llamacpp", "meta": {"n_ctx_train": 40960}},
    )  # fmt: skip

    def __init__(
        self,
        *,
        vision: bool = True,
        audio: bool = False,
        loading: int = 0,
        context: int = 99,
        thinks: bool = False,
    ) -> None:
        super().__init__()
        self.vision, self.audio, self.loading = vision, audio, loading
        self.context, self.thinks = context, thinks

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/props", self._props)]

    async def _props(self, _: web.Request) -> web.Response:
        modalities = {"vision": self.vision, "audio": self.audio}
        return web.json_response({"total_slots": 1, "modalities": modalities})

    async def answer(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        if self.loading:
            self.loading -= 1
            return error(503, "Loading model", "unavailable_error")
        images = len(parts(body, "image_url"))
        hint = "is not supported - hint: if this is unexpected, you may need to provide the mmproj"
        if images and not self.vision:
            return error(500, f"image input {hint}", "server_error")
        if parts(body, "input_audio") and not self.audio:
            return error(500, f"audio input {hint}", "server_error")
        if images > self.context:
            text = "the request exceeds the available context size, try increasing it"
            return error(400, text, "exceed_context_size_error", n_ctx=4096)
        return await self.streamed(request, self._events(body))

    def _events(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        quiet = body.get("chat_template_kwargs", {}).get("enable_thinking") is False
        thoughts = self.thinks and not quiet
        limit = body.get("max_tokens") or len(WORDS)
        words = [chunk({"reasoning_content": "Hm. "})] * thoughts
        words += [chunk({"content": word}) for word in WORDS[:limit]]
        first = chunk({"role": "assistant", "content": None})
        last = chunk({}, "stop" if limit >= len(WORDS) else "length")
        asked = body.get("stream_options", {}).get("include_usage")
        return [first, *words, last, *([usage_chunk()] if asked else [])]
