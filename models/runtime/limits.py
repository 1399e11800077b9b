"""What a request may hold, so that prompt and answer fit into a model's window. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from models.engine import GenerationRequest, RefusedError, Turn

WINDOW = 6000
"""Tokens of prompt and answer: what models handle well, and what memory is kept for."""
MAX_ANSWER = 2048
"""Tokens; more than anybody wants to listen to."""
LEAST_ANSWER = 32
TEMPLATE_TOKENS = 160
"""What a chat template and our own words around the parts take."""
TURN_TOKENS = 8
"""What our words around an earlier turn take."""
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


def fit(
    request: GenerationRequest,
    frame_tokens: int,
    count: Callable[[str], int],
    *,
    window: int = WINDOW,
    beside: int = 0,
) -> Fitted:
    """Cuts ``request`` down.

    Args:
        request: As it came.
        frame_tokens: What a picture takes of the window, at most.
        count: Tokens of a text.
        window: Tokens of prompt and answer.
        beside: Tokens of what else stands in the prompt, like sounds.

    Raises:
        RefusedError: The text is too long, whatever else is left out.
    """
    asked = count(request.system) + count(request.text)
    left = window - TEMPLATE_TOKENS - beside - asked
    answer = min(request.max_tokens, MAX_ANSWER, left - frame_tokens * bool(request.pictures))
    if answer < min(request.max_tokens, LEAST_ANSWER):
        raise too_long(asked, window)
    left -= answer
    history, used = _newest(
        request.history, left * HISTORY_SHARE if request.pictures else left, count
    )
    pictures = thinned(request.pictures, (left - used) // frame_tokens)
    cut = replace(request, history=history, pictures=pictures, max_tokens=answer)
    if len(pictures) == len(request.pictures):
        return Fitted(cut)
    notice = (
        f"{len(request.pictures)} pictures are too many beside this text and answer: the model "
        f"got the newest and others between, {len(pictures)} in all"
    )
    return Fitted(cut, (notice,))


def too_long(tokens: int, window: int) -> RefusedError:
    """The error for a text that leaves no room for an answer."""
    return RefusedError(
        f"the text is too long: about {tokens} tokens, and {window} is all that the model takes "
        "together with pictures, sounds and answer",
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


def _newest(
    turns: Sequence[Turn], most: float, count: Callable[[str], int]
) -> tuple[tuple[Turn, ...], int]:
    """The last turns that fit into ``most`` tokens, oldest first, and what they take."""
    used, kept = 0, len(turns)
    while kept and used + (tokens := TURN_TOKENS + count(turns[kept - 1].text)) <= most:
        used += tokens
        kept -= 1
    return tuple(turns[kept:]), used
