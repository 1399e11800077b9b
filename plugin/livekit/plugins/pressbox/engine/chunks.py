"""One chunk of a streamed chat completion, read with care: it comes from another program. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

_THOUGHT = ("reasoning_content", "reasoning")
"""What vLLM, SGLang, llama.cpp and DeepSeek call it; what Ollama and OpenRouter do."""


class GarbageError(ValueError):
    """A chunk that does not look like one; the text says where."""


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of an answer; each field may be empty.

    Attributes:
        text: More of the text.
        transcript: More of what the speech says; some engines send this instead of ``text``,
            some both.
        thought: More of what the model thinks, where the engine sends that apart; never said.
        pcm: More of the speech: 24 kHz mono int16 little endian, any number of bytes.
        voiced: That speech was made of the text by a voice, and is not the engine's own.
        notice: One line that the engine wants the user to know, such as why speech failed.
        finish: Why the answer ended (``stop``, ``length``), in its last piece.
        prompt_tokens, completion_tokens: The usage, where the engine tells it.
        token_details: What of it is what, where the engine tells that: "prompt.image_tokens".
    """

    text: str = ""
    transcript: str = ""
    thought: str = ""
    pcm: bytes = b""
    voiced: bool = False
    notice: str = ""
    finish: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    token_details: Mapping[str, int] = field(default_factory=dict)


class AnswerText:
    """Text or transcript, whichever comes first: some engines send one, some both."""

    def __init__(self) -> None:
        self._source = ""

    def added(self, delta: Delta) -> str:
        """What a piece of the answer adds to its text."""
        if not self._source:
            self._source = "text" if delta.text else "transcript" if delta.transcript else ""
        return delta.transcript if self._source == "transcript" else delta.text


def is_blank(text: str) -> bool:
    """Whether a text says nothing: empty, or only dots and other marks."""
    return not any(letter.isalnum() for letter in text)


def parse_chunk(chunk: object) -> list[Delta]:
    """What a chunk says. Takes openai's model or a plain mapping. Raises GarbageError.

    ``pcm`` of what it returns is the sound as it came: not resampled, a WAV header still before it.
    vLLM-Omni's chunks with ``"modality": "audio"`` have it as their content, and their usage counts
    no words (``vllm_omni/entrypoints/openai/protocol/chat_completion.py``).
    """
    data = chunk.model_dump(warnings=False) if isinstance(chunk, BaseModel) else chunk
    if not isinstance(data, Mapping):
        raise GarbageError(f"a chunk is a {type(data).__name__}")
    choices = data.get("choices") or []
    if not isinstance(choices, list):
        raise GarbageError("its choices are no list")
    sounds = data.get("modality") == "audio"
    deltas = [_choice(choice, sounds=sounds) for choice in choices[:1]]
    own = data.get("pressbox")
    if isinstance(own, Mapping) and own.get("notice"):
        deltas.append(Delta(notice=_text(own["notice"])))
    usage = data.get("usage")
    if isinstance(usage, Mapping) and not sounds:
        deltas.append(
            Delta(
                prompt_tokens=_count(usage.get("prompt_tokens")),
                completion_tokens=_count(usage.get("completion_tokens")),
                token_details=_details(usage),
            )
        )
    return deltas


def _details(usage: Mapping[str, Any]) -> dict[str, int]:
    sides = {side: usage.get(f"{side}_tokens_details") for side in ("prompt", "completion")}
    return {
        f"{side}.{name}": _count(value)
        for side, details in sides.items()
        if isinstance(details, Mapping)
        for name, value in details.items()
    }


def _choice(choice: object, *, sounds: bool) -> Delta:
    if not isinstance(choice, Mapping):
        raise GarbageError("a choice is no object")
    delta = choice.get("delta") or {}
    if not isinstance(delta, Mapping):
        raise GarbageError("a delta is no object")
    content = delta.get("content")
    audio = {"data": content} if sounds else delta.get("audio") or {}
    if not isinstance(audio, Mapping):
        raise GarbageError("its audio is no object")
    return Delta(
        text="" if sounds else _text(content),
        transcript=_text(audio.get("transcript")),
        thought="".join(_text(delta.get(name)) for name in _THOUGHT),
        pcm=_pcm(audio.get("data")),
        finish=_text(choice.get("finish_reason")),
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise GarbageError(f"a text is a {type(value).__name__}")
    return value


def _pcm(value: Any) -> bytes:
    try:
        return base64.b64decode(_text(value), validate=True)
    except (binascii.Error, ValueError) as error:
        raise GarbageError("its audio data is not base64") from error


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
