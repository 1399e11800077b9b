"""Where speech fails the text goes on, and is what it would have been."""

from __future__ import annotations

import pytest
import torch

from tests.minicpmo.asking import LONG, Asking, Said, frame, prompt

ASKED = prompt(frame("red"), LONG)
NO_MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nGPU 0 has …")


def check(asking: Asking, said: Said, expected: str) -> None:
    """One notice, all the text; the model has read the answer once."""
    assert said.text == expected
    (notice,) = said.notices
    assert "\n" not in notice
    held = asking.remote.llm_past_key_values.get_seq_length()
    assert held <= said.end.prompt_tokens + said.end.completion_tokens
    assert not asking.ask(ASKED, 12, speech=True).notices


@pytest.fixture
def expected(asking: Asking) -> str:
    return asking.ask(ASKED, 45).text


@pytest.mark.parametrize("passes", [0, 2])
@pytest.mark.parametrize("fault", ["error", "not finite"])
def test_of_the_vocoder(asking: Asking, expected: str, fault: str, passes: int) -> None:
    vocoder = asking.remote.tts.audio_tokenizer.hift
    if fault == "error":
        asking.fail(vocoder, RuntimeError("the vocoder broke"), passes)
    else:
        asking.spoil(vocoder, passes)
    said = asking.ask(ASKED, 45, speech=True)
    asking.close()
    assert (said.end.completion_tokens, said.end.reason) == (45, "length")
    assert len(said.speech) == passes
    check(asking, said, expected)


@pytest.mark.parametrize("passes", [0, 40])
@pytest.mark.parametrize(
    "error", [RuntimeError("probability tensor contains either `inf`, `nan`"), NO_MEMORY]
)
def test_of_the_speech_model(asking: Asking, expected: str, error: Exception, passes: int) -> None:
    asking.fail(asking.remote.tts.model, error, passes)
    said = asking.ask(ASKED, 45, speech=True)
    asking.close()
    check(asking, said, expected)


def test_penalties_go_on_as_if_speech_had_not_failed(asking: Asking) -> None:
    """They depend on all tokens so far, and on where the chunks of ten begin."""
    asked = prompt("FREE\nSay it again and again.")
    expected = asking.ask(asked, 160).text
    asking.fail(asking.remote.tts.model, RuntimeError("broken"), 60)
    assert asking.ask(asked, 160, speech=True).text == expected


def test_after_the_last_word_it_adds_no_text(asking: Asking) -> None:
    asking.end_after(5)
    asking.fail(asking.remote.tts.model, RuntimeError("broken"))
    said = asking.ask(ASKED, 45, speech=True, temperature=1.0)
    assert (said.end.completion_tokens, said.end.reason) == (5, "stop")
    assert len(said.notices) == 1
