"""SGLang-Omni.

``docs/basic_usage/qwen3_omni.md``: pictures go in the field ``images`` beside the messages (data
URIs as well; content parts came later), spoken questions in ``audios``; ``--text-only`` servers
give no speech. ``sglang_omni/serve/openai_api.py`` and ``sglang_omni/client/audio.py``: sound comes
as ``delta.audio.data``, a WAV file in every chunk with the model's rate in its header (an unknown
``audio.format`` such as pcm16 ends as WAV too); usage comes with the last chunk, unasked; without
sampling options it samples at temperature 1. ``docs/cookbook/minicpm_o.md``: MiniCPM-o's sound
comes in one piece at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.commentator.engine.dialects.base import Dialect, Traits
from agent.commentator.engine.limits import Limits
from agent.commentator.engine.request import EngineRequest


class SGLangOmni(Dialect):
    """``sgl-omni serve --model-path MODEL``."""

    name = "sglang-omni"
    traits = Traits(speaks=None, hears=True)
    patience = 3.0

    def contents(self, request: EngineRequest, limits: Limits) -> dict[str, Any]:
        messages = super().contents(request, limits)["messages"]
        return {"messages": [_plain(message) for message in messages]}

    def speech(self, request: EngineRequest, limits: Limits, traits: Traits) -> dict[str, Any]:
        if not self.may_speak(request, limits, traits):
            return {"modalities": ["text"]}
        return {"modalities": ["text", "audio"], "audio": {"format": "wav"}}

    def arguments(
        self, request: EngineRequest, model: str, limits: Limits, traits: Traits
    ) -> dict[str, Any]:
        arguments = super().arguments(request, model, limits, traits)
        arguments.pop("stream_options", None)
        arguments |= {"temperature": 0.7, "top_p": 0.8}
        media = _media(super().contents(request, limits)["messages"])
        arguments["extra_body"] |= {name: urls for name, urls in media.items() if urls}
        return arguments


def _parts(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = message.get("content")
    return content if isinstance(content, list) else []


def _plain(message: dict[str, Any]) -> dict[str, Any]:
    """A message with its text only."""
    if not isinstance(message.get("content"), list):
        return message
    texts = [str(part["text"]) for part in _parts(message) if part.get("type") == "text"]
    return {**message, "content": "\n".join(texts)}


def _media(messages: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Pictures and sounds of all messages as data URIs, in order."""
    found: dict[str, list[str]] = {"images": [], "audios": []}
    for part in (part for message in messages for part in _parts(message)):
        if part.get("type") == "image_url":
            found["images"].append(part["image_url"]["url"])
        elif part.get("type") == "input_audio":
            sound = part["input_audio"]
            found["audios"].append(f"data:audio/{sound['format']};base64,{sound['data']}")
    return found
