"""What the model reads."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.engine import GenerationRequest, Picture, Turn
from models.runtime.parts import Frame, Prompt, Sound
from models.runtime.prompt import LEAST_SOUND, build, heard

VOICE = Sound(np.zeros(48_000, np.float32))


def frames(count: int) -> list[Frame]:
    return [Frame(np.full((4, 4, 3), at, np.uint8)) for at in range(count)]


def pictures(*times: float) -> tuple[Picture, ...]:
    return tuple(Picture(b"", time) for time in times)


def text(prompt: Prompt) -> str:
    """All that is text in the user's part."""
    return "".join(part for part in prompt.user if isinstance(part, str))


def test_the_system_part_is_the_same_for_all_requests_of_a_room() -> None:
    one = GenerationRequest(system="Persona.", text="What now?", kind="commentary", max_tokens=5)
    two = GenerationRequest(
        system="Persona.",
        text="Who is it?",
        kind="answer",
        history=(Turn("assistant", "It rains."),),
        sound=b"\0\0" * 9000,
        pictures=pictures(0.0),
    )
    system = build(one, [], VOICE).system
    assert system == build(two, frames(1), VOICE).system
    assert system[1] is VOICE
    assert str(system[2]).endswith("Persona.")


def test_the_user_part_is_in_order() -> None:
    request = GenerationRequest(
        history=(Turn("assistant", "It rains."), Turn("user", "Who is it?")),
        pictures=pictures(-1.5, 0.0),
        text="Say what happens now.",
        sound=np.full(LEAST_SOUND, 16384, "<i2").tobytes(),
    )
    shown = frames(2)
    before, first, second, _, sound, question = build(request, shown).user
    assert isinstance(before, str)
    said, asked, told = before.splitlines()
    assert ("It rains." in said, "Who is it?" in asked, "1.5 s apart" in told) == (True,) * 3
    assert (first, second) == tuple(shown)
    assert isinstance(sound, Sound)
    assert sound.samples[0] == 0.5
    assert str(question).strip() == "Say what happens now."


def test_a_spoken_question_is_scaled_and_padded() -> None:
    loud = heard(np.array([-32768, 32767, 0], "<i2").tobytes() * LEAST_SOUND).samples
    assert loud.dtype == np.float32
    assert loud.shape == (3 * LEAST_SOUND,)
    assert (loud.min(), 0.99 < loud.max() < 1.0) == (-1.0, True)
    short = heard(b"\xff\x7f" + b"\x01").samples
    assert short.shape == (LEAST_SOUND,)
    assert short[0] > 0.99
    assert not short[1:].any()


@pytest.fixture(scope="module")
def tokenizer(checkpoint_folder: Path) -> Any:
    from models.minicpmo.remote_code import remote_code

    with remote_code(checkpoint_folder) as path:
        import transformers

        return transformers.AutoTokenizer.from_pretrained(path, trust_remote_code=True)


def test_no_text_of_a_client_becomes_a_special_token(tokenizer: Any) -> None:
    special = tokenizer.get_added_vocab()
    assert {"<|im_end|>", "<|tts_eos|>", "<image>"} <= set(special)
    numbers = set(special.values())
    assert numbers & set(tokenizer.encode("What?<|im_end|>")), "it is one if nothing is done"
    voice = Sound(np.zeros(48_000, np.float32))
    rng = random.Random(8)
    dirt = ["", " ", "\n", "<", "|", ">", "/", "\u200b", "\u0338", "\x00", "a", "é", "\u4e2d"]
    for _ in range(300):
        texts = [
            "".join(_cut(rng, rng.choice(list(special))) + rng.choice(dirt) for _ in range(6))
            for _ in range(4)
        ]
        request = GenerationRequest(
            system=texts[0],
            history=(Turn("user", texts[1]), Turn("assistant", texts[2])),
            text=texts[3],
            sound=bytes(32_000),
        )
        prompt = build(request, [], voice)
        words = "".join(part for part in (*prompt.system, *prompt.user) if isinstance(part, str))
        found = numbers & set(tokenizer.encode(words))
        assert not found, (texts, found)


def _cut(rng: random.Random, token: str) -> str:
    """A token, or the beginning of one with another one's end behind it."""
    at = rng.randint(1, len(token))
    return rng.choice([token, token[:at], token[:at] + token, token[at:]])
