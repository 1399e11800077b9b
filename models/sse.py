"""Chunks of a streamed chat completion, and the same answer in one piece. Pure."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.engine import SAMPLE_RATE, AudioDelta, Delta, Finished, Notice, TextDelta
from models.errors import ApiError
from speech.wav import wav

DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": waiting\n\n"
AUDIO_LIFETIME = 3600
"""Seconds; the field is OpenAI's, nothing is kept here."""


def event(data: dict[str, Any]) -> bytes:
    """One server-sent event."""
    return b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n"


def error_event(error: ApiError) -> bytes:
    """An error after the stream has begun."""
    return event(error.body())


@dataclass(slots=True)
class Answer:
    """Names one answer and shapes its pieces."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))
    _begun: bool = False

    @property
    def audio_id(self) -> str:
        return f"audio-{self.id[-12:]}"

    def chunk(self, delta: Delta) -> bytes:
        """A piece as an event."""
        if isinstance(delta, TextDelta):
            return self._choice({"content": delta.text})
        if isinstance(delta, AudioDelta):
            data = base64.b64encode(delta.pcm).decode("ascii")
            return self._choice({"audio": {"id": self.audio_id, "data": data}})
        if isinstance(delta, Notice):
            head = self._head("chat.completion.chunk")
            return event({**head, "choices": [], "pressbox": {"notice": delta.text}})
        return self._choice({}, delta.reason)

    def usage(self, end: Finished) -> bytes:
        """The last chunk when usage was asked for."""
        return event({**self._head("chat.completion.chunk"), "choices": [], "usage": _usage(end)})

    def whole(
        self,
        text: str,
        pcm: bytes,
        end: Finished,
        audio_format: str | None,
        notices: Sequence[str] = (),
    ) -> dict[str, Any]:
        """The answer in one piece; ``audio_format`` is None without speech."""
        message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
        if audio_format is not None:
            sound = pcm if audio_format == "pcm16" else wav(pcm, SAMPLE_RATE)
            message["audio"] = {
                "id": self.audio_id,
                "data": base64.b64encode(sound).decode("ascii"),
                "transcript": text,
                "expires_at": self.created + AUDIO_LIFETIME,
            }
        choice = {"index": 0, "message": message, "finish_reason": end.reason, "logprobs": None}
        body = {**self._head("chat.completion"), "choices": [choice], "usage": _usage(end)}
        return {**body, "pressbox": {"notice": "; ".join(notices)}} if notices else body

    def _choice(self, delta: dict[str, Any], reason: str | None = None) -> bytes:
        if not self._begun:
            self._begun = True
            delta = {"role": "assistant", **delta}
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return event({**self._head("chat.completion.chunk"), "choices": [choice]})

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def _usage(end: Finished) -> dict[str, int]:
    return {
        "prompt_tokens": end.prompt_tokens,
        "completion_tokens": end.completion_tokens,
        "total_tokens": end.prompt_tokens + end.completion_tokens,
    }
