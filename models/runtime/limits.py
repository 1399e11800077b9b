"""What a request may hold, so that prompt and answer fit into window and memory. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from models.engine import HEARING_RATE, GenerationRequest, RefusedError, Turn

WINDOW = 6000
"""Tokens of prompt and answer: what models handle well and memory is kept for."""
SOUND_TOKENS_PER_SECOND = 12
MAX_SOUND = 30.0
"""Seconds of a spoken question."""
MAX_ANSWER = 2048
"""Tokens; more than anybody wants to listen to."""
LEAST_ANSWER = 32
TEMPLATE_TOKENS = 160
"""What the chat template and our own words around the parts take."""
TURN_TOKENS = 8
"""What our words around an earlier turn take."""
HISTORY_SHARE = 0.25
"""Of what is left beside text and answer, where there are pictures as well."""

T = TypeVar("T")


def text_tokens(text: str) -> int:
    """About as many tokens as ``text`` has, rather too many: there is no tokenizer here."""
    ascii_letters = sum(letter.isascii() for letter in text)
    return math.ceil(ascii_letters / 3) + len(text) - ascii_letters


@dataclass(frozen=True, slots=True)
class Limits:
    """What a model takes.

    Attributes:
        frame_tokens: Tokens of a picture, at most.
        frames: Pictures that there is memory for.
        window: Tokens of prompt and answer.
        count: Tokens of a text.
        voice_seconds: Length of the recording that goes with each request.
    """

    frame_tokens: int
    frames: int
    window: int = WINDOW
    count: Callable[[str], int] = text_tokens
    voice_seconds: float = 0.0


def fit(request: GenerationRequest, limits: Limits) -> tuple[GenerationRequest, list[str]]:
    """The request with fewer pictures, earlier turns or tokens to answer with, where need be.

    With it a line for each thing that the client should know.

    Raises:
        RefusedError: Text or spoken question are too long, whatever else is left out.
    """
    asked = limits.count(request.system) + limits.count(request.text)
    left = limits.window - TEMPLATE_TOKENS - asked - _sound_tokens(request)
    left -= math.ceil(limits.voice_seconds * SOUND_TOKENS_PER_SECOND)
    one_picture = limits.frame_tokens * bool(request.pictures)
    answer = min(request.max_tokens, MAX_ANSWER, left - one_picture)
    if answer < min(request.max_tokens, LEAST_ANSWER):
        raise too_long(asked, limits.window)
    left -= answer
    for_history = left * HISTORY_SHARE if request.pictures else left
    history, used = _newest(request.history, for_history, limits.count)
    fitting = (left - used) // limits.frame_tokens
    pictures = thinned(request.pictures, min(fitting, limits.frames))
    notices = []
    if len(pictures) < len(request.pictures):
        beside = "this text and answer" if fitting <= limits.frames else "what else takes memory"
        notices.append(
            f"{len(request.pictures)} pictures are too many beside {beside}: the model got the "
            f"newest and others between, {len(pictures)} in all"
        )
    return replace(request, history=history, pictures=pictures, max_tokens=answer), notices


def too_long(tokens: int, window: int) -> RefusedError:
    """The error for a text that leaves no room for an answer."""
    return RefusedError(
        f"the text is too long: about {tokens} tokens, and {window} is all that the model takes "
        "together with voice, pictures and answer",
        "messages",
    )


def thinned(items: Sequence[T], count: int) -> tuple[T, ...]:
    """``count`` of the items: the newest, and others at even distances down to the oldest."""
    if count >= len(items):
        return tuple(items)
    if count < 1:
        return ()
    step = (len(items) - 1) / max(1, count - 1)
    return tuple(items[len(items) - 1 - round(at * step)] for at in reversed(range(count)))


def _sound_tokens(request: GenerationRequest) -> int:
    """Raises RefusedError."""
    seconds = len(request.sound) / 2 / HEARING_RATE
    if seconds > MAX_SOUND:
        raise RefusedError(
            f"the spoken question is {seconds:.0f} s long: at most {MAX_SOUND:.0f} s", "messages"
        )
    return math.ceil(seconds * SOUND_TOKENS_PER_SECOND)


def _newest(
    turns: Sequence[Turn], most: float, count: Callable[[str], int]
) -> tuple[tuple[Turn, ...], int]:
    """The last turns that fit into ``most`` tokens, oldest first, and what they take."""
    kept: list[Turn] = []
    used = 0
    for turn in reversed(turns):
        tokens = TURN_TOKENS + count(turn.text)
        if used + tokens > most:
            break
        used += tokens
        kept.append(turn)
    return tuple(reversed(kept)), used
