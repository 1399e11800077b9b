"""The true vocoder behind the model: all of its sound comes, it can be stopped, nothing stays."""

from __future__ import annotations

import gc
import tempfile
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.engine import EngineError
from models.minicpmo.memory import VOICES
from models.runtime.stopping import Stopped
from tests.minicpmo.asking import LONG, Asking, prompt, sound

A_TOKEN, LOOKAHEAD = 960, 3
HELD_BACK = 3840
"""Samples that a chunk keeps for the next one to blend with; the first one begins with as many."""


def speech(asking: Asking, tokens: int = 20) -> np.ndarray[Any, np.dtype[np.float32]]:
    """All of an answer's speech, the same each time."""
    said = asking.ask(prompt(LONG), tokens, speech=True, seed=3)
    assert said.notices == []
    return np.asarray(np.concatenate(said.speech) / 32767, np.float32)


def held_bytes() -> int:
    """What all tensors take."""
    gc.collect()
    tensors = [thing for thing in gc.get_objects() if issubclass(type(thing), torch.Tensor)]
    stored = [tensor.untyped_storage() for tensor in tensors if not tensor.is_meta]
    return sum({storage.data_ptr(): storage.nbytes() for storage in stored}.values())


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("tokens", [1, 6, 25, 30])
def test_no_sound_is_lost(asking: Asking, tokens: int) -> None:
    """Four tokens of sound for one of text; 25 of those leave the lookahead alone for last."""
    samples = speech(asking, tokens)
    sounds = LOOKAHEAD + 4 * tokens
    begun = HELD_BACK if sounds >= 25 + LOOKAHEAD else 0
    assert len(samples) == sounds * A_TOKEN + begun
    assert not samples[:begun].any()
    assert abs(samples[-A_TOKEN:]).max() > 0.01


@pytest.mark.parametrize(
    ("within", "after"),
    [("flow.decoder.estimator.in_proj", "hift"), ("hift.conv_pre", "hift.conv_post")],
)
def test_a_stop_is_heeded_within_the_vocoder(asking: Asking, within: str, after: str) -> None:
    whole = speech(asking)
    vocoder = asking.remote.tts.audio_tokenizer
    reached: list[int] = []
    asking.before_each(attrgetter(within)(vocoder), lambda _: asking.stop())
    asking.before_each(attrgetter(after)(vocoder), reached.append)
    with pytest.raises(Stopped):
        asking.ask(prompt(LONG), 20, speech=True)
    assert reached == []
    asking.close()
    assert (speech(asking) == whole).all()


def test_answers_leave_nothing_behind(
    asking: Asking, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    voices = [sound(1.7, pitch=pitch) for pitch in (150, 250, 350)]
    for voice in voices:
        asking.model.set_voice(voice)
    asking.remote.tts.audio_tokenizer.stream_cache = None
    before = held_bytes()
    for number in range(30):
        asking.model.set_voice(voices[number % 3])
        speech(asking, 6)
    asking.model.forget()
    asking.model.set_voice(voices[-1])
    assert held_bytes() <= before
    assert list(tmp_path.iterdir()) == []


def test_a_voice_takes_memory_for_the_steps_that_are_taken(asking: Asking) -> None:
    """Not for 16 of them, which at full size would be 1 GiB more for 16.8 s."""
    held = asking.remote.token2wav_cache["flow_cache_base"]
    steps = asking.remote.tts.audio_tokenizer.n_timesteps
    assert len(held["estimator_att_cache"]) == len(held["estimator_cnn_cache"]) == steps


def test_a_voice_takes_the_place_of_the_one_before(asking: Asking) -> None:
    """There is no room for both on the device."""
    left: list[Any] = []
    reader = asking.remote.tts.audio_tokenizer.audio_tokenizer.encoder
    asking.before_each(reader, lambda _: left.append(asking.remote.token2wav_cache))
    asking.model.set_voice(sound(1.45))
    assert left == [None]


def test_a_recording_that_cannot_be_written_is_gone(
    asking: Asking, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(file: str, *_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("soundfile.write", full)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(EngineError, match="No space left"):
        asking.model.set_voice(sound(1.85))
    assert list(tmp_path.iterdir()) == []


def test_the_longest_voice_that_is_allowed_speaks_for_long(asking: Asking) -> None:
    """Buffers for 1,000 frames hold its recording, what is kept of the answer, and a chunk."""
    asking.model.set_voice(sound(VOICES[0]))
    assert len(speech(asking, 60)) > 6 * 24_000
    asking.model.set_voice(sound(VOICES[0] + 2))
    assert asking.ask(prompt(LONG), 60, speech=True).notices


def test_loading_says_nothing_on_its_own(asking: Asking, capfd: pytest.CaptureFixture[str]) -> None:
    asking.model.set_voice(sound(1.55))
    speech(asking, 8)
    assert capfd.readouterr().out == ""
