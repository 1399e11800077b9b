"""Requests that do not fit."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from models.engine import GenerationRequest, Picture, RefusedError, Turn
from models.runtime.limits import MAX_ANSWER, WINDOW, Limits, fit, text_tokens

FRAME = 66


def window(count: int) -> tuple[Picture, ...]:
    return tuple(Picture(b"", float(at - count + 1)) for at in range(count))


def limits(voice_seconds: float = 0.0, frames: int = 64) -> Limits:
    return Limits(FRAME, frames, voice_seconds=voice_seconds)


@pytest.mark.parametrize(
    ("max_tokens", "frames", "why"),
    [(MAX_ANSWER, 64, "this text and answer"), (96, 5, "what else takes memory")],
)
def test_too_many_pictures_are_thinned_and_the_client_is_told(
    max_tokens: int, frames: int, why: str
) -> None:
    request = GenerationRequest(text="What now?", pictures=window(64), max_tokens=max_tokens)
    fitted, (notice,) = fit(request, limits(30, frames))
    kept = [picture.time for picture in fitted.pictures]
    assert 2 < len(kept) <= frames
    assert (kept[0], kept[-1]) == (-63.0, 0.0)
    steps = {round(later - earlier) for earlier, later in pairwise(kept)}
    assert max(steps) - min(steps) <= 1
    assert f"64 pictures are too many beside {why}" in notice
    assert f"{len(kept)} in all" in notice


def test_what_fits_stays_as_it_is_and_what_cannot_fit_is_refused() -> None:
    request = GenerationRequest(
        system="Persona.", text="What now?", pictures=window(8), history=(Turn("user", "Hi."),)
    )
    assert fit(request, limits(10)) == (request, [])
    with pytest.raises(RefusedError, match="the text is too long: about 8000 tokens") as raised:
        fit(GenerationRequest(text="字" * 8000), limits())
    assert raised.value.param == "messages"
    assert fit(GenerationRequest(sound=bytes(2 * 16_000 * 30)), limits())[0].sound
    with pytest.raises(RefusedError, match="the spoken question is 41 s long: at most 30 s"):
        fit(GenerationRequest(sound=bytes(2 * 16_000 * 41)), limits())


def test_earlier_turns_give_way_oldest_first() -> None:
    turns = tuple(Turn("user", f"{at} " + "word " * 200) for at in range(40))
    turns = (*turns[:-3], Turn("user", "short"), *turns[-3:])
    fitted, _ = fit(GenerationRequest(text="?", pictures=window(4), history=turns), limits())
    kept = fitted.history
    assert 3 < len(kept) < 40
    assert kept == turns[-len(kept) :]
    assert len(fitted.pictures) == 4


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
            fitted, _ = fit(request, limits(voice))
        except RefusedError:
            continue
        used: float = sum(map(text_tokens, (fitted.system, fitted.text)))
        used += sum(text_tokens(turn.text) for turn in fitted.history)
        used += FRAME * len(fitted.pictures) + fitted.max_tokens
        used += 12 * (voice + len(fitted.sound) / 32_000)
        assert used <= WINDOW
        assert fitted.max_tokens >= 1
        assert bool(fitted.pictures) == bool(request.pictures)
