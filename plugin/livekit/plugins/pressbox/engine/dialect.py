"""How an engine that speaks OpenAI's chat completions is asked. Pure.

- OpenAI, API reference: ``modalities`` and ``audio`` ask for speech, in pcm16 at 24 kHz; unknown
  fields are refused with 400; ``max_completion_tokens`` replaces ``max_tokens``.
- Pressbox says in ``/v1/models`` what it is, reads the field ``pressbox``, sends notices.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from opentelemetry.propagate import inject

from .limits import TOKEN_FIELDS, Limits, Refusal, chosen, learned, thinned
from .request import EngineRequest

Card = Mapping[str, Any]
"""What an engine says of a model, or of itself."""

NO_THINKING = {"enable_thinking": False}
"""A model that thinks aloud first would speak too late; templates without the switch ignore it."""
LESS_THOUGHT = {"reasoning_effort": "low", "chat_template_kwargs": NO_THINKING}
"""For one that was seen to spend all its tokens on that; who refuses a field is not sent it again.
"""
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
        headers: dict[str, str] = {}
        inject(headers)  # nothing, outside of a trace
        length = next(name for name in names if name not in limits.without)
        arguments: dict[str, Any] = {
            "model": model,
            "messages": thinned(request.messages, limits.images),
            **(self.speech(request, limits) if speaks else self.unspoken),
            length: request.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
            **({"extra_headers": headers} if headers else {}),
            "extra_body": {
                **(LESS_THOUGHT if limits.thinks else {}),
                **self.extras(request, limits, speaks=speaks),
            },
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


def standard(owner: str, *, near: bool) -> Dialect:
    """The dialect of whoever ``/v1/models`` names: one of ours, or the standard.

    Of an engine that nothing is known of, one on this machine (``near``) is told which room it
    works for; a hosted one is asked in the plain standard.
    """
    return Pressbox() if owner == "pressbox" else Near() if near else Dialect()


async def recognised(card: Card, near: bool, ask: Callable[[str], Awaitable[Card]]) -> Dialect:
    """The dialect of an engine by a model of its list; ``ask(path)`` is what it says there."""
    return standard(str(card.get("owned_by")), near=near)
