"""Requests that do not fit."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from models.engine import GenerationRequest, Picture, RefusedError, Turn
from models.minicpmo.limits import FRAME_TOKENS, fit, sound_tokens, text_tokens
from models.runtime.limits import MAX_ANSWER, WINDOW


def window(count: int) -> tuple[Picture, ...]:
    return tuple(Picture(b"", float(at - count + 1)) for at in range(count))


def test_too_many_pictures_are_thinned_and_the_client_is_told() -> None:
    request = GenerationRequest(text="What now?", pictures=window(64), max_tokens=MAX_ANSWER)
    fitted = fit(request, voice_seconds=30)
    kept = [picture.time for picture in fitted.request.pictures]
    assert 2 < len(kept) < 64
    assert kept[-1] == 0.0
    assert kept[0] == -63.0
    steps = {round(later - earlier) for earlier, later in pairwise(kept)}
    assert max(steps) - min(steps) <= 1
    (notice,) = fitted.notices
    assert "64 pictures are too many" in notice
    assert str(len(kept)) in notice


def test_what_fits_stays_as_it_is_and_what_cannot_fit_is_refused() -> None:
    request = GenerationRequest(
        system="Persona.", text="What now?", pictures=window(8), history=(Turn("user", "Hi."),)
    )
    fitted = fit(request, voice_seconds=10)
    assert (fitted.request, fitted.notices) == (request, ())
    with pytest.raises(RefusedError, match="the text is too long: about 8000 tokens") as raised:
        fit(GenerationRequest(text="字" * 8000))
    assert raised.value.param == "messages"
    assert fit(GenerationRequest(sound=bytes(2 * 16_000 * 30))).request.sound
    with pytest.raises(RefusedError, match="the spoken question is 41 s long: at most 30 s"):
        fit(GenerationRequest(sound=bytes(2 * 16_000 * 41)))


def test_earlier_turns_give_way_oldest_first() -> None:
    turns = tuple(Turn("user", f"{at} " + "word " * 200) for at in range(40))
    turns = (*turns[:-3], Turn("user", "short"), *turns[-3:])
    fitted = fit(GenerationRequest(text="?", pictures=window(4), history=turns))
    kept = fitted.request.history
    assert 3 < len(kept) < 40
    assert kept == turns[-len(kept) :]
    assert len(fitted.request.pictures) == 4


def test_the_answer_gives_way_to_what_was_asked() -> None:
    request = GenerationRequest(text="x" * 3 * (WINDOW - 400), max_tokens=1024)
    assert 32 <= fit(request).request.max_tokens < 1024
    assert fit(GenerationRequest(text="?", max_tokens=8192)).request.max_tokens == MAX_ANSWER


def test_whatever_comes_fits_or_is_refused() -> None:
    rng = random.Random(3)
    for _ in range(300):
        request = GenerationRequest(
            system="a" * rng.choice([0, 500, 9000]),
            text="b" * rng.choice([0, 50, 9000]),
            pictures=window(rng.choice([0, 1, 4, 64])),
            history=tuple(
                Turn("assistant", "c" * rng.randint(1, 4000)) for _ in range(rng.randint(0, 30))
            ),
            sound=bytes(2 * 16_000 * rng.choice([0, 1, 30])),
            max_tokens=rng.choice([1, 96, 1024, 8192]),
        )
        voice = rng.choice([0.0, 30.0])
        try:
            fitted = fit(request, voice).request
        except RefusedError:
            continue
        used = sum(map(text_tokens, (fitted.system, fitted.text)))
        used += sum(text_tokens(turn.text) for turn in fitted.history)
        used += FRAME_TOKENS * len(fitted.pictures) + fitted.max_tokens
        used += sound_tokens(voice) + sound_tokens(len(fitted.sound) / 32_000)
        assert used <= WINDOW
        assert fitted.max_tokens >= 1
        assert bool(fitted.pictures) == bool(request.pictures)
