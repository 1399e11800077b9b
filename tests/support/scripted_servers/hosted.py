"""A hosted OpenAI-compatible service that refuses what it does not know."""

from __future__ import annotations

import base64
from typing import Any

from aiohttp import web

from .base import WORDS, ScriptedServer, chunk, error, parts, usage_chunk, wave_of

KNOWN = frozenset({"model", "messages", "stream", "stream_options", "modalities", "audio"})


class Hosted(ScriptedServer):
    """OpenAI's API reference: errors name the field in `param`.

    Args:
        speech: Whether the model speaks.
        voices: Those it knows.
        length_field: The one of the two names that the model takes.
        images: Most pictures.
        fields: What it knows besides the usual.
    """

    api = "openai"  # it would not be on this machine, where strangers are told more
    models = ({"id": "gpt-large", "object": "model", "created": 0, "owned_by": "system"},)

    def __init__(
        self,
        *,
        speech: bool = False,
        voices: tuple[str, ...] = ("alloy",),
        length_field: str = "max_completion_tokens",
        images: int = 99,
        fields: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self.speech, self.voices, self.images = speech, voices, images
        self.length_field, self.known = length_field, KNOWN | {length_field} | set(fields)

    async def answer(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        wrong = self._wrong(body)
        if wrong is not None:
            text, param = wrong
            return error(400, text, "invalid_request_error", param=param, code="invalid_value")
        words = [chunk({"content": word}) for word in WORDS]
        if "audio" in body:
            words = [chunk({"audio": {"id": "a", "transcript": word}}) for word in WORDS]
            data = base64.b64encode(wave_of(0.2, 24_000)).decode()
            words.append(chunk({"audio": {"id": "a", "data": data}}))
        first = chunk({"role": "assistant", "content": ""})
        return await self.streamed(request, [first, *words, chunk({}, "stop"), usage_chunk()])

    def _wrong(self, body: dict[str, Any]) -> tuple[str, str] | None:
        strange = sorted(set(body) - self.known)
        if strange and strange[0] in {"max_tokens", "max_completion_tokens"}:
            text = f"Unsupported parameter: '{strange[0]}'. Use '{self.length_field}' instead."
            return text, strange[0]
        if strange:
            return f"Unrecognized request argument supplied: {strange[0]}", strange[0]
        if "audio" in body.get("modalities", []) and not self.speech:
            return "This model does not support the requested modalities.", "modalities"
        if "audio" in body and body["audio"]["voice"] not in self.voices:
            return f"Invalid value: '{body['audio']['voice']}'.", "audio.voice"
        if len(parts(body, "image_url")) > self.images:
            return f"Too many images: this model supports up to {self.images} images.", "messages"
        return None
