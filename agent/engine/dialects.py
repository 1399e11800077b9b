"""How different engines want to be asked, as their documentation and code say. Pure.

- OpenAI, API reference: ``modalities`` and ``audio`` ask for speech, in pcm16 at 24 kHz; unknown
  fields are refused with 400; ``max_completion_tokens`` replaces ``max_tokens``.
- vLLM-Omni, ``vllm_omni/entrypoints/openai/serving_chat.py``: without ``modalities`` it gives all
  that the model can; of the limits only ``max_tokens`` reaches the model; only a WAV header tells
  the rate of the speech. ``recipes/OpenBMB/MiniCPM-o-4_5.md`` asks for ``use_tts_template``.
- SGLang-Omni, ``docs/basic_usage/qwen3_omni.md``: pictures and sounds stand beside the messages;
  ``sglang_omni/serve/openai_api.py``: usage comes unasked; without sampling options it samples at
  temperature 1. ``docs/cookbook/minicpm_o.md``: sound comes in one piece at the end.
- SGLang: its ``modalities`` means another thing, so it must not be sent.
- llama.cpp, ``tools/server/README.md``: ``/props`` names the modalities.
- Ollama, ``docs/api/openai-compatibility.mdx``, ``docs/api.md``: ``/api/show`` names capabilities.
- Pressbox, ``models/server.py``, ``models/api.py``: says in ``/v1/models`` what it is, reads the
  field ``pressbox``, sends notices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livekit.plugins.pressbox.engine.limits import (
    TOKEN_FIELDS,
    Limits,
    Refusal,
    chosen,
    learned,
    parts,
    thinned,
)
from livekit.plugins.pressbox.engine.request import EngineRequest, Message

AUTO = "auto"
NO_THINKING = {"enable_thinking": False}
"""A model that thinks aloud first would speak too late; templates without the switch ignore it."""
FALLBACK_VOICE = "alloy"
"""A voice that OpenAI's models have, and many that imitate them."""
TEXT = {"modalities": ["text"]}
SPEECH = {"modalities": ["text", "audio"]}


@dataclass(frozen=True, slots=True)
class Traits:
    """What a model can do.

    Attributes:
        speaks: Whether it gives speech; None: its answers will show.
        hears: Whether it takes spoken questions.
        blind: One line that says why it sees no pictures; empty where it does, or may.
    """

    speaks: bool | None = None
    hears: bool = False
    blind: str = ""


class Dialect:
    """How one kind of engine is asked. This one speaks the standard, as hosted models do."""

    name = "openai"
    traits = Traits()
    length_field = "max_completion_tokens"
    voice = FALLBACK_VOICE
    unspoken: Mapping[str, Any] = {}
    """Fields that ask for no speech."""
    patience = 1.0
    """Factor by which its chunks may come later than those of others."""

    def question(self, model: str) -> tuple[str, Mapping[str, Any] | None] | None:
        """What to ask before the first request: a path from the server's root, a body to POST."""
        return None

    def examined(self, card: Mapping[str, Any], answer: Mapping[str, Any]) -> Traits:
        """What the model can do, by its entry in ``/v1/models`` and the answer to ``question``.

        Both may be empty: an engine need not list its models, nor answer.
        """
        return self.traits

    def arguments(
        self, request: EngineRequest, model: str, limits: Limits, traits: Traits
    ) -> dict[str, Any]:
        """The arguments of ``chat.completions.create``."""
        speaks = request.audio and limits.audio and traits.speaks is not False
        names = (self.length_field, *TOKEN_FIELDS)
        length = next(name for name in names if name not in limits.without)
        arguments: dict[str, Any] = {
            "model": model,
            "messages": thinned(request.messages, limits.images),
            **(self.speech(request, limits) if speaks else self.unspoken),
            length: request.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
            "extra_body": self.extras(request, limits, speaks=speaks),
        }
        for name in limits.without:
            arguments.pop(name, None)
            arguments["extra_body"].pop(name, None)
        return arguments

    def speech(self, request: EngineRequest, limits: Limits) -> dict[str, Any]:
        """The fields that ask for speech."""
        refused = "voice" in limits.without
        audio = {
            "voice": FALLBACK_VOICE if refused else request.voice or self.voice,
            "format": "wav" if "pcm16" in limits.without else "pcm16",
        }
        return {**SPEECH, "audio": audio}

    def extras(self, request: EngineRequest, limits: Limits, *, speaks: bool) -> dict[str, Any]:
        """Fields beyond the standard."""
        return {}

    def learned(self, limits: Limits, refusal: Refusal, sent: Mapping[str, Any]) -> Limits | None:
        """New limits with which a refused request may be tried again, None for no hope."""
        return learned(limits, refusal, sent)


class Near(Dialect):
    """Somebody's own server on this machine: told everything, and asked for less if it refuses."""

    voice = "default"
    unspoken = TEXT

    def extras(self, request: EngineRequest, limits: Limits, *, speaks: bool) -> dict[str, Any]:
        times, objects = request.frame_times, request.frame_objects
        kept = chosen(len(times), limits.images or len(times))
        extra: dict[str, Any] = {"kind": request.kind, "frame_times": [times[at] for at in kept]}
        if objects:
            extra["frame_objects"] = [objects[at] for at in kept]
        if request.room:
            extra["room"] = request.room
        if request.deadline is not None:
            extra["deadline_ms"] = max(1, int(request.deadline * 1000))
        return {"pressbox": extra}


class Pressbox(Near):
    """One of ours. What it refuses is a mistake to be told, not something to work around."""

    name = "pressbox"

    def examined(self, card: Mapping[str, Any], answer: Mapping[str, Any]) -> Traits:
        gives, takes = card.get("modalities"), card.get("input_modalities")
        return Traits(
            speaks="audio" in gives if isinstance(gives, list) else None,
            hears="audio" in takes if isinstance(takes, list) else False,
        )

    def learned(self, limits: Limits, refusal: Refusal, sent: Mapping[str, Any]) -> Limits | None:
        return None


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
        modalities = answer.get("modalities")
        if not isinstance(modalities, Mapping):
            return self.traits
        blind = "" if modalities.get("vision", True) else "llama-server runs without --mmproj"
        return Traits(speaks=False, hears=modalities.get("audio") is True, blind=blind)


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


_APIS: dict[str, type[Dialect]] = {
    one.name: one for one in (Dialect, VllmOmni, SGLangOmni, LlamaCpp, Ollama)
}
"""By the name in the setting ``engine_api``."""

_OWNERS: dict[str, type[Dialect]] = {
    "pressbox": Pressbox,
    "vllm": VllmOmni,
    "sglang-omni": SGLangOmni,
    "sglang": Writer,
    "llamacpp": LlamaCpp,
    "library": Ollama,
}
"""By ``owned_by`` in ``/v1/models``."""


def by_api(api: str) -> Dialect | None:
    """The dialect of a setting, None for "auto". Raises ValueError for an unknown one."""
    if api == AUTO:
        return None
    if api not in _APIS:
        raise ValueError(f"engine_api={api!r} is not known: one of {', '.join([AUTO, *_APIS])}")
    return _APIS[api]()


def owned(owner: str, *, near: bool) -> Dialect:
    """The dialect of whoever ``/v1/models`` names.

    Of an engine that nothing is known of, one on this machine (``near``) is told which room it
    works for; a hosted one is asked in the plain standard.
    """
    return _OWNERS.get(owner, Near if near else Dialect)()


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
