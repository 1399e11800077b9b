"""What a request may hold, so that prompt and answer fit into the model's window. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from models.engine import HEARING_RATE, GenerationRequest, RefusedError, Turn

WINDOW = 6000
"""Tokens of prompt and answer: what the model handles well and memory is kept for."""
FRAME_TOKENS = 66
SOUND_TOKENS_PER_SECOND = 12
MAX_SOUND = 30.0
"""Seconds of a spoken question."""
MAX_ANSWER = 2048
"""Tokens; more than anybody wants to listen to."""
LEAST_ANSWER = 32
TEMPLATE_TOKENS = 160
"""What the chat template and our own words around the parts take."""
HISTORY_SHARE = 0.25
"""Of what is left beside text and answer, where there are pictures as well."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fitted:
    """A request that fits, and what had to be left out of it.

    Attributes:
        request: With fewer pictures, earlier turns or tokens to answer with, where need be.
        notices: A line for each thing that the client should know.
    """

    request: GenerationRequest
    notices: tuple[str, ...] = ()


def fit(request: GenerationRequest, voice_seconds: float = 0.0) -> Fitted:
    """Cuts ``request`` down to the model's window.

    Args:
        request: As it came.
        voice_seconds: Length of the reference recording that goes with it.

    Raises:
        RefusedError: Text or spoken question are too long, whatever else is left out.
    """
    left = WINDOW - TEMPLATE_TOKENS - sound_tokens(voice_seconds) - _asked(request)
    answer = min(request.max_tokens, MAX_ANSWER, left - (FRAME_TOKENS if request.pictures else 0))
    if answer < min(request.max_tokens, LEAST_ANSWER):
        raise RefusedError(
            f"the text is too long: about {_texts(request)} tokens, and {WINDOW} is all that the "
            "model takes together with voice, pictures and answer",
            "messages",
        )
    left -= answer
    history = newest(request.history, left * HISTORY_SHARE if request.pictures else left)
    left -= sum(map(_turn_tokens, history))
    pictures = thinned(request.pictures, left // FRAME_TOKENS)
    notices = (
        () if len(pictures) == len(request.pictures) else (_thinned_notice(request, pictures),)
    )
    cut = replace(request, history=history, pictures=pictures, max_tokens=answer)
    return Fitted(cut, notices)


def sound_tokens(seconds: float) -> int:
    """Tokens that a recording takes."""
    return math.ceil(seconds * SOUND_TOKENS_PER_SECOND)


def text_tokens(text: str) -> int:
    """About as many tokens as ``text`` has, rather too many: there is no tokenizer here."""
    ascii_letters = sum(letter.isascii() for letter in text)
    return math.ceil(ascii_letters / 3) + len(text) - ascii_letters


def newest(turns: Sequence[Turn], tokens: float) -> tuple[Turn, ...]:
    """The last turns that fit into ``tokens``, oldest first."""
    kept: list[Turn] = []
    for turn in reversed(turns):
        tokens -= _turn_tokens(turn)
        if tokens < 0:
            break
        kept.append(turn)
    return tuple(reversed(kept))


def thinned(items: Sequence[T], count: int) -> tuple[T, ...]:
    """``count`` of the items: the newest, and others at even distances down to the oldest."""
    if count >= len(items):
        return tuple(items)
    if count < 1:
        return ()
    step = (len(items) - 1) / max(1, count - 1)
    return tuple(items[len(items) - 1 - round(at * step)] for at in reversed(range(count)))


def _asked(request: GenerationRequest) -> int:
    """Tokens of what cannot be left out. Raises RefusedError."""
    seconds = len(request.sound) / 2 / HEARING_RATE
    if seconds > MAX_SOUND:
        raise RefusedError(
            f"the spoken question is {seconds:.0f} s long: at most {MAX_SOUND:.0f} s", "messages"
        )
    return _texts(request) + sound_tokens(seconds)


def _texts(request: GenerationRequest) -> int:
    return text_tokens(request.system) + text_tokens(request.text)


def _turn_tokens(turn: Turn) -> int:
    return 8 + text_tokens(turn.text)


def _thinned_notice(request: GenerationRequest, kept: Sequence[object]) -> str:
    return (
        f"{len(request.pictures)} pictures are too many beside this text and answer: the model "
        f"got the newest and others between, {len(kept)} in all"
    )
