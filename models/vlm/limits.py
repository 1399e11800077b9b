"""What a request may hold, so that prompt and answer fit into the model's window. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from models.engine import GenerationRequest, RefusedError, Turn

WINDOW = 6000
"""Tokens of prompt and answer that memory is kept for."""
MAX_ANSWER = 1024
LEAST_ANSWER = 32
TEMPLATE_TOKENS = 128
"""What the chat template and our own words around the parts take."""
TURN_TOKENS = 8
"""What our words around an earlier turn take."""
HISTORY_SHARE = 0.25
"""Of what is left beside text and answer, where there are pictures as well."""


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
    request: GenerationRequest, window: int, frame_tokens: int, count: Callable[[str], int]
) -> Fitted:
    """Cuts ``request`` down.

    Args:
        request: As it came.
        window: Tokens of prompt and answer.
        frame_tokens: What a picture takes of them, at most.
        count: Tokens of a text.

    Raises:
        RefusedError: The text is too long, whatever else is left out.
    """
    asked = count(request.system) + count(request.text)
    left = window - TEMPLATE_TOKENS - asked
    answer = min(request.max_tokens, MAX_ANSWER, left - frame_tokens * bool(request.pictures))
    if answer < min(request.max_tokens, LEAST_ANSWER):
        raise too_long(asked, window)
    left -= answer
    for_history = left * HISTORY_SHARE if request.pictures else left
    history, used = _newest(request.history, for_history, count)
    kept = min(len(request.pictures), (left - used) // frame_tokens)
    pictures = request.pictures[len(request.pictures) - kept :]
    cut = replace(request, history=history, pictures=pictures, max_tokens=answer)
    if kept == len(request.pictures):
        return Fitted(cut)
    notice = (
        f"{len(request.pictures)} pictures are too many for this model beside the text: it got "
        f"the newest {kept}"
    )
    return Fitted(cut, (notice,))


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


def too_long(tokens: int, window: int) -> RefusedError:
    """The error for a text that leaves no room for an answer."""
    return RefusedError(
        f"the text is too long: {tokens} tokens, and {window} is all that the model takes "
        "together with pictures and answer",
        "messages",
    )
