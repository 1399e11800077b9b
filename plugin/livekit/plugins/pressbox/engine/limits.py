"""What an engine does not take, learnt from its refusals, and requests made to fit that. Pure.

Seen in: vLLM ``vllm/multimodal/processing`` (image limit), ``docs/serving`` (context length);
vLLM-Omni ``vllm_omni/entrypoints/openai/serving_chat.py`` (modalities, speaker, audio format);
llama.cpp ``tools/server`` (context size, no mmproj); OpenAI's API errors (``param`` names a field).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .request import Message

TOKEN_FIELDS = ("max_tokens", "max_completion_tokens")
"""Two names of one thing; some engines know only one of them."""

_OPTIONAL = ("pressbox", "stream_options", "chat_template_kwargs", "reasoning_effort",
             "temperature", "top_p", "speaker")  # fmt: skip
"""Fields that an answer can do without."""

_ABOUT_FIELDS = re.compile(r"unknown|unrecogni[sz]ed|unexpected|unsupported|extra|permitted")
_IMAGES = re.compile(r"\b(image|picture)s?\b|\bimage\(s\)")
_TOO_MANY = re.compile(r"at most|up to|too many|maximum|exceed|limit")
_NUMBER = re.compile(
    r"(?:at most|up to|maximum(?: number)?(?: of| is)?|max(?: of)?|limit(?: of| is)?)\D{0,24}?(\d+)"
)
_CONTEXT = re.compile(
    r"context (?:length|size|window)|maximum model length|prompt is too long|"
    r"exceed_context_size|too many (?:input )?tokens"
)
_NO_PICTURES = re.compile(
    r"image input is not supported|not support (?:image|vision)|images are not supported|"
    r"at most 0 image|not a multimodal model"
)
_NO_SOUND = re.compile(r"audio input is not supported|not support audio input|at most 0 audio")
_NO_AUDIO = re.compile(r"output modalit|modalities|audio output|output audio")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP error as the engine put it; ``param`` and ``code`` may be empty."""

    status: int
    message: str
    param: str = ""
    code: str = ""

    @property
    def text(self) -> str:
        return f"{self.message} {self.param} {self.code}".lower()


@dataclass(frozen=True, slots=True)
class Limits:
    """What an engine was found not to take.

    Attributes:
        images: Pictures in one request, None while no limit is known.
        audio: False: it gives no speech.
        without: Fields that it refuses.
        thinks: It spent all its tokens on thinking, and is asked to think less.
    """

    images: int | None = None
    audio: bool = True
    without: frozenset[str] = frozenset()
    thinks: bool = False


def takes_no_pictures(refusal: Refusal) -> bool:
    """Whether the model is one that cannot see at all, which no smaller request can help."""
    return refusal.status in {400, 422, 500} and bool(_NO_PICTURES.search(refusal.text))


def takes_no_sound(refusal: Refusal) -> bool:
    """Whether the model is one that cannot hear."""
    return refusal.status in {400, 422, 500} and bool(_NO_SOUND.search(refusal.text))


def learned(limits: Limits, refusal: Refusal, sent: Mapping[str, Any]) -> Limits | None:
    """Limits under which the request may be tried again; None when that would be of no use.

    Args:
        limits: What was known when the request left.
        refusal: The answer.
        sent: The arguments as they left, ``extra_body`` included.
    """
    if refusal.status not in {400, 413, 422}:
        return None
    if takes_no_pictures(refusal) or takes_no_sound(refusal):
        return None
    for lesson in (_speech, _pictures, _tokens, _fields):
        new = lesson(limits, refusal, sent)
        if new is not None and new != limits:
            return new
    return None


def count_images(arguments: Mapping[str, Any]) -> int:
    """Pictures in the arguments of a request, wherever the engine wants them."""
    apart = arguments.get("extra_body", {}).get("images", [])
    return len(apart) + sum(
        _is_image(part) for message in arguments.get("messages", []) for part in parts(message)
    )


def chosen(count: int, most: int) -> list[int]:
    """Which of ``count`` pictures to keep when only ``most`` (at least 1) may stay.

    Spread evenly over time; the newest is always among them, since the line speaks of it.
    """
    if most >= count:
        return list(range(count))
    return [count - 1 - round(step * (count - 1) / max(most - 1, 1)) for step in range(most)][::-1]


def thinned(messages: Sequence[Message], most: int | None) -> list[Message]:
    """The messages with ``most`` pictures at most, None for all of them."""
    count = count_images({"messages": messages})
    stay, seen = set(chosen(count, count if most is None else most)), itertools.count()
    result = []
    for message in messages:
        kept = [part for part in parts(message) if not _is_image(part) or next(seen) in stay]
        result.append({**message, "content": kept} if kept else message)
    return result


def _speech(limits: Limits, refusal: Refusal, sent: Mapping[str, Any]) -> Limits | None:
    if "audio" not in sent:
        return None
    names = refusal.param.split(".")[0] in {"modalities", "audio"}
    if "speaker" in refusal.text or "voice" in refusal.text:
        return replace(limits, without=limits.without | {"voice"})
    if "format" in refusal.text and (names or "audio" in refusal.text):
        return replace(limits, without=limits.without | {"pcm16"})
    if names or _NO_AUDIO.search(refusal.text):
        return replace(limits, audio=False)
    return None


def _pictures(limits: Limits, refusal: Refusal, sent: Mapping[str, Any]) -> Limits | None:
    count = count_images(sent)
    if count < 2:
        return None
    text = refusal.text
    if _IMAGES.search(text) and _TOO_MANY.search(text):
        said = _NUMBER.search(text)
        most = int(said[1]) if said else 0
        return replace(limits, images=most if 0 < most < count else count // 2)
    if refusal.status == 413 or _CONTEXT.search(text):
        return replace(limits, images=count // 2)
    return None


def _tokens(limits: Limits, refusal: Refusal, sent: Mapping[str, Any]) -> Limits | None:
    used = next((name for name in TOKEN_FIELDS if name in sent), "")
    refused = refusal.param == used or re.search(rf"\b{used}\b", refusal.text)
    if not used or not refused or set(TOKEN_FIELDS) & limits.without:
        return None
    return replace(limits, without=limits.without | {used})


def _fields(limits: Limits, refusal: Refusal, sent: Mapping[str, Any]) -> Limits | None:
    optional = [name for name in _OPTIONAL if name in sent or name in sent.get("extra_body", {})]
    named = {name for name in optional if re.search(rf"\b{name}\b", refusal.text)}
    if not named and _ABOUT_FIELDS.search(refusal.text):
        named = set(optional)
    return replace(limits, without=limits.without | named) if named else None


def parts(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a message holds besides a plain text."""
    content = message.get("content")
    return content if isinstance(content, list) else []


def _is_image(part: Mapping[str, Any]) -> bool:
    return part.get("type") == "image_url"
