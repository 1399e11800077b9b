"""What goes wrong inside the model, and what becomes of the request and of the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from models.minicpmo.backend import BackendError, DeviceLost, OutOfMemory, SpeechFailed
from models.minicpmo.failures import as_backend_error
from tests.minicpmo.asking import LONG, Asking, Said, frame, prompt

ASKED = prompt(frame("red"), LONG)
NO_MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nGPU 0 has …")
LOST = RuntimeError("CUDA error: an illegal memory access was encountered\nCUDA kernel errors …")


def holds_the_answer_once(asking: Asking, said: Said) -> bool:
    """Whether the model has read the prompt and the answer, and not what was said before again."""
    held = asking.model.llm_past_key_values.get_seq_length()
    return bool(held <= said.end.prompt_tokens + said.end.completion_tokens)


def raising(error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


@pytest.fixture
def expected(asking: Asking) -> str:
    return asking.ask(ASKED, 45).text


@pytest.mark.parametrize("passes", [0, 1, 2])
@pytest.mark.parametrize("fault", ["error", "not finite"])
def test_text_goes_on_where_the_vocoder_failed(
    asking: Asking, vocoder: Any, expected: str, fault: str, passes: int
) -> None:
    asking.model.tts.audio_tokenizer.chunks = 0
    vocoder.FAULT, vocoder.PASSES = fault, passes
    said = asking.ask(ASKED, 45, speech=True)
    assert said.text == expected
    assert said.end.completion_tokens == 45
    assert said.end.reason == "length"
    assert holds_the_answer_once(asking, said)
    assert len(said.failed) == 1
    assert len(said.speech) == passes
    vocoder.FAULT = ""
    assert not asking.ask(ASKED, 12, speech=True).failed


@pytest.mark.parametrize("passes", [0, 7, 40])
@pytest.mark.parametrize(
    "error", [RuntimeError("probability tensor contains either `inf`, `nan`"), NO_MEMORY]
)
def test_text_goes_on_where_the_speech_model_failed(
    asking: Asking, expected: str, error: Exception, passes: int
) -> None:
    asking.fail(asking.model.tts.model, error, passes)
    said = asking.ask(ASKED, 45, speech=True)
    asking.close()
    assert said.text == expected
    assert holds_the_answer_once(asking, said)
    assert len(said.failed) == 1
    assert "\n" not in said.failed[0]
    assert not asking.ask(ASKED, 12, speech=True).failed


def test_penalties_go_on_as_if_speech_had_not_failed(asking: Asking) -> None:
    """They depend on all tokens so far, and on where the chunks of ten begin."""
    asked = prompt("FREE\nSay it again and again.")
    expected = asking.ask(asked, 160).text
    asking.fail(asking.model.tts.model, RuntimeError("broken"), 60)
    assert asking.ask(asked, 160, speech=True).text == expected


def test_speech_that_fails_after_the_last_word_adds_no_text(asking: Asking) -> None:
    asking.end_after(5)
    asking.fail(asking.model.tts.model, RuntimeError("broken"))
    said = asking.ask(ASKED, 45, speech=True, temperature=1.0)
    assert said.end.completion_tokens == 5
    assert said.end.reason == "stop"
    assert len(said.failed) == 1


def test_without_a_voice_there_is_text(asking: Asking, expected: str) -> None:
    assert asking.backend._parts is not None
    asking.backend._parts.voice.forget()
    said = asking.ask(ASKED, 45, speech=True)
    assert said.pieces[0] == SpeechFailed("no voice has been set")
    assert said.text == expected


@pytest.mark.parametrize("when", ["prefill", "text", "speech"])
@pytest.mark.parametrize(
    ("error", "kind"),
    [(NO_MEMORY, OutOfMemory), (LOST, DeviceLost), (RuntimeError("odd"), BackendError)],
)
def test_failures_of_the_language_model(
    asking: Asking, error: Exception, kind: type[BackendError], when: str
) -> None:
    expected = asking.ask(ASKED, 20).text
    if when == "prefill":
        asking.fail(asking.model.llm, error)
    else:
        asking.at_token(6, raising(error))
    with pytest.raises(kind) as caught:
        asking.ask(ASKED, 20, speech=when == "speech")
    asking.close()
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    assert asking.ask(ASKED, 20).text == expected


def test_memory_is_given_back_after_it_ran_out(asking: Asking) -> None:
    """Kept system parts go, and nothing of the failed request is held."""
    parts = asking.backend._parts
    assert parts is not None
    asking.ask(ASKED, 2)
    assert parts.state._prefixes.bytes > 0
    asking.at_token(3, raising(NO_MEMORY))
    with pytest.raises(OutOfMemory):
        asking.ask(ASKED, 20)
    assert parts.state._prefixes.bytes == 0
    assert asking.model.llm_past_key_values is None


def test_a_vocoder_that_loses_the_device_is_no_failure_of_speech(asking: Asking) -> None:
    asking.fail(asking.model.tts.model, LOST, 10)
    with pytest.raises(DeviceLost, match="illegal memory access"):
        asking.ask(ASKED, 30, speech=True)


def test_what_errors_mean() -> None:
    assert isinstance(as_backend_error(MemoryError()), OutOfMemory)
    assert isinstance(as_backend_error(torch.AcceleratorError("gone")), DeviceLost)
    cublas = RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling x")
    assert isinstance(as_backend_error(cublas), DeviceLost)
    plain = as_backend_error(KeyError("apm"))
    assert type(plain) is BackendError
    assert str(plain) == "KeyError: 'apm'"
