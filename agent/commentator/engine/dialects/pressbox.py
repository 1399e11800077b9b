"""Pressbox's own engines, and engines that nothing is known of.

Own engines say in ``/v1/models`` what they are (``owned_by``, ``modalities``,
``input_modalities``), read the field ``pressbox`` and send notices (``models/server.py``,
``models/api.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.commentator.engine.dialects.base import Dialect, Traits
from agent.commentator.engine.limits import Limits, Refusal, chosen
from agent.commentator.engine.request import EngineRequest


class Generous(Dialect):
    """Somebody's own server on this machine: told everything, and asked for less if it refuses."""

    default_voice = "default"

    def speech(self, request: EngineRequest, limits: Limits, traits: Traits) -> dict[str, Any]:
        return super().speech(request, limits, traits) or {"modalities": ["text"]}

    def extras(self, request: EngineRequest, limits: Limits) -> dict[str, Any]:
        extra: dict[str, Any] = {"kind": request.kind, "frame_times": _times(request, limits)}
        if request.room:
            extra["room"] = request.room
        if request.deadline is not None:
            extra["deadline_ms"] = max(1, int(request.deadline * 1000))
        return {"pressbox": extra}


class Pressbox(Generous):
    """One of ours. What it refuses is a mistake to be told, not something to work around."""

    name = "pressbox"

    def examined(self, card: Mapping[str, Any], answer: Mapping[str, Any]) -> Traits:
        gives, takes = card.get("modalities"), card.get("input_modalities")
        return Traits(
            speaks="audio" in gives if isinstance(gives, list) else None,
            hears="audio" in takes if isinstance(takes, list) else False,
        )

    def may_speak(self, request: EngineRequest, limits: Limits, traits: Traits) -> bool:
        return request.audio

    def learned(self, limits: Limits, refusal: Refusal, sent: Mapping[str, Any]) -> Limits | None:
        return None


def _times(request: EngineRequest, limits: Limits) -> list[float]:
    """The times of those pictures that go with the request."""
    times = request.frame_times
    return [times[index] for index in chosen(len(times), limits.images or len(times))]
