"""Engines that only write: llama.cpp's server, Ollama, plain SGLang.

llama.cpp: ``tools/server/README.md`` (``/props`` names the modalities; ``chat_template_kwargs``;
without mmproj a picture is refused with 500, while loading everything with 503),
``docs/multimodal.md``. Ollama: ``docs/api/openai-compatibility.mdx`` (only ``max_tokens``, pictures
as data URIs only, ``reasoning_effort`` "none"), ``docs/api.md`` (``/api/show`` names the
capabilities), ``openai/openai.go`` (``input_audio``). SGLang: ``docs`` on its OpenAI API; its
``modalities`` means another thing, so it must not be sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.commentator.engine.dialects.base import NO_THINKING, Dialect, Question, Traits
from agent.commentator.engine.limits import Limits
from agent.commentator.engine.request import EngineRequest


class TextOnly(Dialect):
    """No speech: ``modalities`` and ``audio`` are never sent."""

    traits = Traits(speaks=False)
    length_field = "max_tokens"


class SGLang(TextOnly):
    """Plain SGLang; SGLang-Omni has a dialect of its own."""

    name = "sglang"

    def extras(self, request: EngineRequest, limits: Limits) -> dict[str, Any]:
        return {"chat_template_kwargs": dict(NO_THINKING)}


class LlamaCpp(SGLang):
    """``llama-server``, which sees and hears what its mmproj file lets it."""

    name = "llama.cpp"

    def question(self, model: str) -> Question | None:
        return Question("/props")

    def examined(self, card: Mapping[str, Any], answer: Mapping[str, Any]) -> Traits:
        modalities = answer.get("modalities")
        if not isinstance(modalities, Mapping):
            return self.traits
        blind = "" if modalities.get("vision", True) else "llama-server runs without --mmproj"
        return Traits(speaks=False, hears=modalities.get("audio") is True, blind=blind)


class Ollama(TextOnly):
    """Ollama, which lists every model that was pulled, also those that cannot see."""

    name = "ollama"

    def question(self, model: str) -> Question | None:
        return Question("/api/show", {"model": model})

    def examined(self, card: Mapping[str, Any], answer: Mapping[str, Any]) -> Traits:
        found = answer.get("capabilities")
        if not isinstance(found, list):
            return self.traits
        name = str(card.get("id", "the model"))
        blind = "" if "vision" in found else f"{name} has no vision: name another ENGINE_MODEL"
        return Traits(speaks=False, hears="audio" in found, blind=blind)

    def extras(self, request: EngineRequest, limits: Limits) -> dict[str, Any]:
        return {"reasoning_effort": "none"}
