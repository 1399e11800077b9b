"""vLLM-Omni, and plain vLLM, which says the same of itself and only writes.

``vllm_omni/entrypoints/openai/serving_chat.py``: without ``modalities`` it gives everything the
model can; one that the model cannot give is refused with 400, as is an unknown ``speaker``; of the
limits only ``max_tokens`` reaches the model. Speech streams in chunks with ``"modality": "audio"``
whose ``delta.content`` is base64 of a WAV file, each with a header, in the model's own rate
(Qwen3-Omni 24 kHz, Ming 44.1 kHz); their usage counts no words. ``audio.format`` "wav" is asked for
because only the header tells the rate. ``vllm_omni/entrypoints/openai/protocol/chat_completion.py``
has the chunk's form; ``recipes/OpenBMB/MiniCPM-o-4_5.md`` asks for ``use_tts_template``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.commentator.engine.chunks import Delta, GarbageError, as_mapping
from agent.commentator.engine.dialects.base import NO_THINKING, Dialect, Traits
from agent.commentator.engine.limits import Limits
from agent.commentator.engine.request import EngineRequest


class VllmOmni(Dialect):
    """``vllm serve MODEL --omni``."""

    name = "vllm-omni"
    traits = Traits(speaks=None, hears=True)
    patience = 3.0
    length_field = "max_tokens"

    def speech(self, request: EngineRequest, limits: Limits, traits: Traits) -> dict[str, Any]:
        if not self.may_speak(request, limits, traits):
            return {"modalities": ["text"]}
        return {"modalities": ["text", "audio"], "audio": {"format": "wav"}}

    def arguments(
        self, request: EngineRequest, model: str, limits: Limits, traits: Traits
    ) -> dict[str, Any]:
        arguments = super().arguments(request, model, limits, traits)
        template: dict[str, Any] = dict(NO_THINKING)
        if "audio" in arguments:
            template["use_tts_template"] = True
            if request.voice and "voice" not in limits.without:
                arguments["extra_body"]["speaker"] = request.voice
        if "chat_template_kwargs" not in limits.without:
            arguments["extra_body"]["chat_template_kwargs"] = template
        return arguments

    def read(self, chunk: object) -> list[Delta]:
        """Sound is known by the chunk's ``modality``."""
        data = as_mapping(chunk)
        return super().read(_as_standard(data) if data.get("modality") == "audio" else data)


def _as_standard(data: Mapping[str, Any]) -> dict[str, Any]:
    """A chunk of sound as OpenAI would send it. Its usage counts no words and is left out."""
    choices = data.get("choices")
    if not isinstance(choices, list):
        raise GarbageError("its choices are no list")
    return {"choices": [_sound(choice) for choice in choices]}


def _sound(choice: Any) -> Any:
    delta = choice.get("delta") if isinstance(choice, Mapping) else None
    if not isinstance(delta, Mapping) or not delta.get("content"):
        return choice
    return {**choice, "delta": {"audio": {"data": delta["content"]}}}
