"""What prompts are to the checkpoint's own tokenizer."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.engine import GenerationRequest, Turn
from models.runtime.parts import Sound
from models.runtime.prompt import build

pytest.importorskip("transformers")


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
