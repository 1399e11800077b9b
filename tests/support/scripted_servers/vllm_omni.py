"""vLLM-Omni as its code says, and plain vLLM with `speech=False, omni=False`."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from .base import WORDS, ScriptedServer, chunk, error, parts, usage_chunk, wav, wave_of


class VllmOmniServer(ScriptedServer):
    """`vllm_omni/entrypoints/openai/serving_chat.py`; the image limit is vLLM's.

    Of the two names of the length only `max_tokens` reaches the model.

    Args:
        rate: Of the model's speech, Hz.
        pieces: Chunks of 0.1 s in which it comes.
        speech: Whether the model can speak at all.
        omni: False for plain vLLM, which ignores `modalities`.
        images: Most pictures (`--limit-mm-per-prompt`).
        speakers: Voices of the model.
        headers: "each" chunk has a WAV header; "first" one only (a change under way there).
    """

    models = ({"id": "Qwen/Qwen3-Omni", "object": "model", "created": 0, "owned_by": "vllm"},)

    def __init__(
        self,
        *,
        rate: int = 24_000,
        pieces: int = 2,
        speech: bool = True,
        omni: bool = True,
        images: int = 99,
        speakers: tuple[str, ...] = ("ethan",),
        headers: str = "each",
    ) -> None:
        super().__init__()
        self.rate, self.pieces, self.speech, self.omni = rate, pieces, speech, omni
        self.images, self.speakers, self.headers_on = images, speakers, headers

    async def answer(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        wrong = self._wrong(body)
        if wrong:
            return error(400, wrong, "BadRequestError")
        wanted = body.get("modalities") or ["text", "audio"]
        speaks = self.omni and self.speech and "audio" in wanted
        return await self.streamed(request, self._events(body, speaks))

    def _wrong(self, body: dict[str, Any]) -> str:
        if len(parts(body, "image_url")) > self.images:
            return f"At most {self.images} image(s) may be provided in one prompt."
        if not self.omni:
            return ""
        if "audio" in body.get("modalities", []) and not self.speech:
            return "Unsupported output modalities audio for this model. Supported modalities: text"
        speaker = body.get("speaker")
        if speaker and speaker.lower() not in self.speakers:
            return f"Invalid speaker '{speaker}'. Supported: {', '.join(self.speakers)}"
        form = body.get("audio", {}).get("format", "wav")
        if form not in {"wav", "pcm16", "mp3", "flac", "opus"}:
            return f"Invalid audio format '{form}'. Supported formats: [...]"
        return ""

    def _events(self, body: dict[str, Any], speaks: bool) -> Iterator[dict[str, Any]]:
        mark: dict[str, Any] = {"modality": "text"} if self.omni else {}
        yield chunk({"role": "assistant", "content": ""}, **mark)
        words = WORDS[: body.get("max_tokens") or len(WORDS)]
        end = "stop" if len(words) == len(WORDS) else "length"
        for index, word in enumerate(words):
            last = index == len(words) - 1 and not speaks
            yield chunk({"content": word}, end if last else None, **mark)
        if speaks:
            yield from self._speech()
        if body.get("stream_options", {}).get("include_usage"):
            yield usage_chunk()

    def _speech(self) -> Iterator[dict[str, Any]]:
        sound = wave_of(0.1 * self.pieces, self.rate)
        size = len(sound) // self.pieces // 2 * 2
        for index in range(self.pieces):
            piece = sound[index * size : (index + 1) * size]
            plain = self.headers_on == "first" and index > 0
            data = piece if plain else wav(piece, self.rate)
            yield chunk(
                {"role": "assistant", "content": base64.b64encode(data).decode()},
                "stop" if index == self.pieces - 1 else None,
                modality="audio",
                usage={"prompt_tokens": 9, "completion_tokens": 0, "total_tokens": 9},
            )
