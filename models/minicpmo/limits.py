"""What a request to MiniCPM-o may hold: its own numbers for `models.runtime.limits`. Pure."""

from __future__ import annotations

import math

from models.engine import HEARING_RATE, GenerationRequest, RefusedError
from models.runtime import limits
from models.runtime.limits import Fitted

FRAME_TOKENS = 66
SOUND_TOKENS_PER_SECOND = 12
MAX_SOUND = 30.0
"""Seconds of a spoken question."""


def fit(request: GenerationRequest, voice_seconds: float = 0.0) -> Fitted:
    """Cuts ``request`` down to the model's window.

    Args:
        request: As it came.
        voice_seconds: Length of the reference recording that goes with it.

    Raises:
        RefusedError: Text or spoken question are too long, whatever else is left out.
    """
    asked = len(request.sound) / 2 / HEARING_RATE
    if asked > MAX_SOUND:
        raise RefusedError(
            f"the spoken question is {asked:.0f} s long: at most {MAX_SOUND:.0f} s", "messages"
        )
    sounds = sound_tokens(voice_seconds) + sound_tokens(asked)
    return limits.fit(request, FRAME_TOKENS, text_tokens, beside=sounds)


def sound_tokens(seconds: float) -> int:
    """Tokens that a recording takes."""
    return math.ceil(seconds * SOUND_TOKENS_PER_SECOND)


def text_tokens(text: str) -> int:
    """About as many tokens as ``text`` has, rather too many: there is no tokenizer here."""
    ascii_letters = sum(letter.isascii() for letter in text)
    return math.ceil(ascii_letters / 3) + len(text) - ascii_letters
