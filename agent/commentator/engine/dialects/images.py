"""Fewer pictures in a request that was made already. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.commentator.engine.request import Message


def count_images(arguments: Mapping[str, Any]) -> int:
    """Pictures in the arguments of a request, wherever the engine wants them."""
    apart = arguments.get("extra_body", {}).get("images", [])
    return len(apart) + sum(
        _is_image(part) for message in arguments.get("messages", []) for part in _parts(message)
    )


def chosen(count: int, most: int) -> list[int]:
    """Which of ``count`` pictures to keep when only ``most`` (at least 1) may stay.

    Spread evenly over time; the newest is always among them, since the line speaks of it.
    """
    if most >= count:
        return list(range(count))
    return [count - 1 - round(step * (count - 1) / max(most - 1, 1)) for step in range(most)][::-1]


def thinned(messages: Sequence[Message], most: int) -> tuple[list[Message], list[int]]:
    """The messages with ``most`` pictures at most, and the indices of those that stayed."""
    total = count_images({"messages": messages})
    kept = chosen(total, most)
    stay, result, index = set(kept), [], 0
    for message in messages:
        parts = []
        for part in _parts(message):
            if not _is_image(part) or index in stay:
                parts.append(part)
            index += _is_image(part)
        result.append({**message, "content": parts} if parts else message)
    return result, kept


def _parts(message: Message) -> list[Mapping[str, Any]]:
    content = message.get("content")
    return content if isinstance(content, list) else []


def _is_image(part: Mapping[str, Any]) -> bool:
    return part.get("type") == "image_url"
