"""What a dialect is, and the standard one: OpenAI's chat completions, as hosted models speak it.

From OpenAI's API reference (chat completions, create and streaming): ``modalities`` and ``audio``
ask for speech, which streams as ``delta.audio.data`` in pcm16 at 24 kHz; unknown fields are refused
with 400; ``max_completion_tokens`` replaces ``max_tokens``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.commentator.engine.chunks import Delta, parse_chunk
from agent.commentator.engine.limits import TOKEN_FIELDS, Limits, Refusal, learned, thinned
from agent.commentator.engine.request import EngineRequest

NO_THINKING = {"enable_thinking": False}
"""A model that thinks aloud first would speak too late; templates without the switch ignore it."""

FALLBACK_VOICE = "alloy"
"""A voice that OpenAI's models have, and many that imitate them."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask the server besides its models: a path from its root, a body to POST."""

    path: str
    body: Mapping[str, Any] | None = None


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
    """How one kind of engine is asked and understood. This one speaks the standard."""

    name = "openai"
    traits = Traits()
    length_field = "max_completion_tokens"
    default_voice = FALLBACK_VOICE
    patience = 1.0
    """Factor by which its chunks may come later than those of others."""
    audio_format = "pcm16"

    def question(self, model: str) -> Question | None:
        """What to ask the server before the first request."""
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
        arguments: dict[str, Any] = {
            "model": model,
            **self.contents(request, limits),
            **self.speech(request, limits, traits),
            self._length_field(limits): request.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
            "extra_body": self.extras(request, limits),
        }
        extra = arguments["extra_body"]
        for name in limits.without:
            arguments.pop(name, None)
            extra.pop(name, None)
        return arguments

    def contents(self, request: EngineRequest, limits: Limits) -> dict[str, Any]:
        """The messages, with no more pictures than the engine takes."""
        if limits.images is None:
            return {"messages": list(request.messages)}
        return {"messages": thinned(request.messages, limits.images)}

    def speech(self, request: EngineRequest, limits: Limits, traits: Traits) -> dict[str, Any]:
        """The fields that ask for speech, or for none."""
        if not self.may_speak(request, limits, traits):
            return {}
        form = "wav" if "pcm16" in limits.without else self.audio_format
        refused = "voice" in limits.without
        voice = FALLBACK_VOICE if refused else request.voice or self.default_voice
        audio = {"voice": voice, "format": form}
        return {"modalities": ["text", "audio"], "audio": audio}

    def may_speak(self, request: EngineRequest, limits: Limits, traits: Traits) -> bool:
        """Whether speech is wanted and not known to be refused."""
        return request.audio and limits.audio and traits.speaks is not False

    def extras(self, request: EngineRequest, limits: Limits) -> dict[str, Any]:
        """Fields beyond the standard."""
        return {}

    def read(self, chunk: object) -> list[Delta]:
        """What one chunk of an answer says, its sound as it came. Raises GarbageError."""
        return parse_chunk(chunk)

    def learned(self, limits: Limits, refusal: Refusal, sent: Mapping[str, Any]) -> Limits | None:
        """New limits with which a refused request may be tried again, None for no hope."""
        return learned(limits, refusal, sent)

    def _length_field(self, limits: Limits) -> str:
        if self.length_field not in limits.without:
            return self.length_field
        return next(name for name in TOKEN_FIELDS if name != self.length_field)
