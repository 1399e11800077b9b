"""How the engines of other projects want to be asked, as their documentation and code say. Pure.

- vLLM-Omni 0.30, ``vllm_omni/entrypoints/openai/serving_chat.py``: without ``modalities`` it gives
  all that the model can; of the limits only ``max_tokens`` reaches the model; a WAV header tells
  the rate of the speech. ``recipes/OpenBMB/MiniCPM-o-4_5.md`` asks for ``use_tts_template``.
- SGLang-Omni 0.1.9, ``docs/basic_usage/qwen3_omni.md``: pictures and sounds stand beside the
  messages; ``sglang_omni/serve/openai_api.py``: usage comes unasked, refusals come in the stream;
  ``models/*/request_builders.py``: without sampling options Qwen3-Omni does not sample, MiniCPM-o
  does at temperature 1. ``models/minicpm_o/config.py``: its sound comes in one piece at the end.
- SGLang: its ``modalities`` means another thing, so it must not be sent.
- llama.cpp, ``tools/server/README.md``: ``/props`` names the modalities, a router's list does.
- Ollama, ``docs/api/openai-compatibility.mdx``, ``docs/api.md``: ``/api/show`` names capabilities.

The standard itself, and Pressbox's own engines, are asked by the plugin.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from livekit.plugins.pressbox.engine import (
    NO_THINKING,
    SPEECH,
    TEXT,
    Card,
    Dialect,
    EngineRequest,
    Limits,
    Message,
    Traits,
    parts,
    standard,
)

from config.engine_settings import ENGINE_KINDS

AUTO = "auto"


class Omni(Dialect):
    """Speaks as the model does: in its own voice and rate, which a WAV header tells."""

    traits = Traits(hears=True)
    unspoken = TEXT
    patience = 3.0

    def speech(self, request: EngineRequest, limits: Limits) -> dict[str, Any]:
        return {**SPEECH, "audio": {"format": "wav"}}


class VllmOmni(Omni):
    """``vllm serve MODEL --omni``; plain vLLM says the same of itself, and only writes."""

    name = "vllm-omni"
    length_field = "max_tokens"

    def extras(self, request: EngineRequest, limits: Limits, *, speaks: bool) -> dict[str, Any]:
        if not speaks:
            return {"chat_template_kwargs": NO_THINKING}
        voice = request.voice if "voice" not in limits.without else ""
        template = {"chat_template_kwargs": {**NO_THINKING, "use_tts_template": True}}
        return {**template, "speaker": voice} if voice else template


class SGLangOmni(Omni):
    """``sgl-omni serve --model-path MODEL``."""

    name = "sglang-omni"

    def arguments(
        self, request: EngineRequest, model: str, limits: Limits, traits: Traits
    ) -> dict[str, Any]:
        arguments = super().arguments(request, model, limits, traits)
        messages = arguments["messages"]
        del arguments["stream_options"]
        arguments["messages"] = [_plain(message) for message in messages]
        arguments["extra_body"] |= _media(messages)
        return arguments

    def extras(self, request: EngineRequest, limits: Limits, *, speaks: bool) -> dict[str, Any]:
        return {"temperature": 0.7, "top_p": 0.8}


class Writer(Dialect):
    """Only writes: ``modalities`` and ``audio`` are never sent. Plain SGLang is one."""

    name = "sglang"
    traits = Traits(speaks=False)
    length_field = "max_tokens"

    def extras(self, request: EngineRequest, limits: Limits, *, speaks: bool) -> dict[str, Any]:
        return {"chat_template_kwargs": NO_THINKING}


class LlamaCpp(Writer):
    """``llama-server``, which sees and hears what its mmproj file lets it."""

    name = "llama.cpp"

    def question(self, model: str) -> tuple[str, Mapping[str, Any] | None]:
        return "/props", None

    def examined(self, card: Mapping[str, Any], answer: Mapping[str, Any]) -> Traits:
        takes = answer.get("modalities")
        router = card.get("architecture")  # loads a model when it is asked, and knows this before
        if isinstance(router, Mapping) and isinstance(
            kinds := router.get("input_modalities"), list
        ):
            takes = {"vision": "image" in kinds, "audio": "audio" in kinds}
        if not isinstance(takes, Mapping):
            return self.traits
        blind = "" if takes.get("vision", True) else "start llama-server with --mmproj"
        return Traits(speaks=False, hears=takes.get("audio") is True, blind=blind)


class Ollama(Writer):
    """Ollama, which lists every model that was pulled, also those that cannot see."""

    name = "ollama"

    def question(self, model: str) -> tuple[str, Mapping[str, Any] | None]:
        return "/api/show", {"model": model}

    def examined(self, card: Mapping[str, Any], answer: Mapping[str, Any]) -> Traits:
        found = answer.get("capabilities")
        if not isinstance(found, list):
            return self.traits
        name = str(card.get("id", "the model"))
        blind = "" if "vision" in found else f"{name} has no vision: name another ENGINE_MODEL"
        return Traits(speaks=False, hears="audio" in found, blind=blind)

    def extras(self, request: EngineRequest, limits: Limits, *, speaks: bool) -> dict[str, Any]:
        return {"reasoning_effort": "none"}


_KINDS: dict[str, type[Dialect]] = {
    one.name: one for one in (Dialect, VllmOmni, SGLangOmni, Writer, LlamaCpp, Ollama)
}


def by_api(api: str) -> Dialect | None:
    """The dialect of a setting, None for "auto". Raises ValueError for an unknown one."""
    if api == AUTO:
        return None
    if api not in _KINDS:
        raise ValueError(f"engine_api={api!r} is not known: one of {', '.join([AUTO, *_KINDS])}")
    return _KINDS[api]()


def owned(owner: str, *, near: bool) -> Dialect:
    """The dialect of whoever ``/v1/models`` names; ``near``: it is on this machine."""
    kind = ENGINE_KINDS.get(owner)
    return _KINDS[kind]() if kind in _KINDS else standard(owner, near=near)


async def recognised(card: Card, near: bool, ask: Callable[[str], Awaitable[Card]]) -> Dialect:
    """By its owner. Ollama's models are owned by whoever made them, but all have a tag."""
    dialect = owned(str(card.get("owned_by")), near=near)
    strange = dialect.name == "openai" and ":" in str(card.get("id", ""))
    return Ollama() if strange and "version" in await ask("/api/version") else dialect


def _plain(message: Message) -> Message:
    """A message with its text only."""
    texts = [str(part["text"]) for part in parts(message) if part.get("type") == "text"]
    return {**message, "content": "\n".join(texts)} if texts else message


def _media(messages: list[Message]) -> dict[str, list[str]]:
    """Pictures and sounds of all messages as data URIs, in order."""
    found: dict[str, list[str]] = {}
    for part in (part for message in messages for part in parts(message)):
        if part.get("type") == "image_url":
            found.setdefault("images", []).append(part["image_url"]["url"])
        elif part.get("type") == "input_audio":
            sound = part["input_audio"]
            uri = f"data:audio/{sound['format']};base64,{sound['data']}"
            found.setdefault("audios", []).append(uri)
    return found
