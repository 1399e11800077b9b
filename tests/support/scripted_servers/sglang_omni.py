"""SGLang-Omni as its code and documentation say."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from .base import WORDS, ScriptedServer, chunk, usage, wav, wave_of


class SGLangOmniServer(ScriptedServer):
    """`sglang_omni/serve/openai_api.py`, `sglang_omni/client/audio.py`, `docs/basic_usage`.

    As it was before it read content parts: pictures in `images` only.

    Args:
        rate: Of the model's speech, Hz.
        speech: False: started with `--text-only`.
        context: Most pictures that fit into the model's context.
    """

    models = (
        {"id": "qwen3-omni", "object": "model", "created": 0, "owned_by": "sglang-omni",
         "root": "qwen3-omni"},
    )  # fmt: skip

    def __init__(self, *, rate: int = 24_000, speech: bool = True, context: int = 99) -> None:
        super().__init__()
        self.rate, self.speech, self.context = rate, speech, context

    async def answer(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        if any(not isinstance(message["content"], str) for message in body["messages"]):
            return web.json_response({"detail": "content must be a string"}, status=400)
        if len(body.get("images", [])) > self.context:
            detail = "The input (9000 tokens) is longer than the model's context length"
            return web.json_response({"detail": detail}, status=400)
        speaks = self.speech and "audio" in (body.get("modalities") or ["text"])
        return await self.streamed(request, self._events(body, speaks))

    def _events(self, body: dict[str, Any], speaks: bool) -> Iterator[dict[str, Any]]:
        yield chunk({"role": "assistant"})
        for word in WORDS:
            yield chunk({"content": word})
        if speaks:
            sound = wave_of(0.2, self.rate)
            half = len(sound) // 4 * 2
            for piece in (sound[:half], sound[half:]):
                form = body.get("audio", {}).get("format", "wav")
                data = piece if form == "pcm" else wav(piece, self.rate)
                audio = {"id": "audio-1", "data": base64.b64encode(data).decode()}
                yield chunk({"audio": audio})
        yield chunk({}, "stop", usage=usage())
