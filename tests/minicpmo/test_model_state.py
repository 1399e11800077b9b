"""One request leaves nothing for the next, however it ended; what is kept changes nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.engine import EngineError
from models.runtime.parts import Prompt
from models.runtime.stopping import Stopped
from tests.minicpmo.asking import LONG, Asking, frame, prompt, sound

FIRST = prompt(frame("red"), "Red room.", system=("The red persona.",))
SECOND = prompt(frame("blue"), "Blue room.", system=("The blue persona.",))


def _whole(asking: Asking) -> None:
    asking.ask(FIRST, 30, speech=True)


def _stopped(asking: Asking) -> None:
    """It ends at the next token."""
    asking.at_token(5, asking.stop)
    with pytest.raises(Stopped):
        asking.ask(prompt(frame("red"), LONG), 60, speech=True)
    assert len(asking.model.hooks.tokens) == 5


def _stopped_while_reading(asking: Asking) -> None:
    """In the middle of the prompt: after the system part, between two layers."""
    layers = asking.remote.llm.model.layers
    runs: list[int] = []

    def stop(count: int) -> None:
        runs.append(count)
        asking.stop()

    asking.before_each(layers[0], stop)
    with pytest.raises(Stopped):
        asking.ask(FIRST, 30)
    assert runs == [0]


def _stopped_while_speaking(asking: Asking) -> None:
    runs: list[int] = []

    def stop_at_thirtieth(count: int) -> None:
        runs.append(count)
        if count == 30:
            asking.stop()

    asking.before_each(asking.remote.tts.model, stop_at_thirtieth)
    with pytest.raises(Stopped):
        asking.ask(prompt(LONG), 200, speech=True)
    assert len(runs) <= 32


def _never_begun(asking: Asking) -> None:
    asking.model.prefill(prompt(frame("red"), sound(3), "What?"))


def _broken(asking: Asking) -> None:
    asking.at_token(4, lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        asking.ask(FIRST, 30, speech=True)


def _other_voice(asking: Asking) -> None:
    asking.model.set_voice(sound(1.7, pitch=99))
    asking.ask(FIRST, 12, speech=True)


@pytest.mark.parametrize(
    "earlier",
    [
        _whole,
        _stopped,
        _stopped_while_reading,
        _stopped_while_speaking,
        _never_begun,
        _broken,
        _other_voice,
    ],
)
def test_a_request_shows_nothing_of_the_one_before(
    asking: Asking, earlier: Callable[[Asking], None]
) -> None:
    """On any checkpoint: the likeliest words, and their sound, depend on the request alone."""
    voice = sound(2.0)
    expected = asking.ask(SECOND, 30, speech=True, seed=3)
    earlier(asking)
    asking.close()
    asking.model.set_voice(voice)
    assert asking.ask(SECOND, 30, speech=True, seed=3).deltas == expected.deltas


@pytest.mark.parametrize(
    "system",
    [
        ("You have seen much.",),
        ("Speak like this.", sound(1.3, pitch=170), "Be kind."),
        (frame("green"), "Your home."),
    ],
)
def test_a_system_part_is_read_once_and_changes_nothing(
    asking: Asking, monkeypatch: pytest.MonkeyPatch, system: Any
) -> None:
    roles: list[str] = []
    original = asking.remote.streaming_prefill

    def reading(**call: Any) -> Any:
        roles.append(call["msgs"][0]["role"])
        return original(**call)

    monkeypatch.setattr(asking.remote, "streaming_prefill", reading)
    asked = Prompt(system, (frame("red"), sound(2.2), "What is there?"))
    first = asking.ask(asked, 30)
    asking.ask(Prompt(system, ("Something else.",)), 12, speech=True)
    assert asking.ask(asked, 30).deltas == first.deltas
    assert roles.count("system") == 1
    assert roles.count("user") > 2


def test_a_voice_is_worked_out_once(
    asking: Asking, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    learned: list[int] = []
    original = asking.remote.init_token2wav_cache

    def learning(samples: Any) -> None:
        learned.append(len(samples))
        original(samples)

    monkeypatch.setattr(asking.remote, "init_token2wav_cache", learning)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    one, two = sound(1.31, pitch=140), sound(1.32, pitch=340)
    for voice in (one, one, two, one, two):
        asking.model.set_voice(voice)
    assert learned == [len(one.samples), len(two.samples)]
    assert list(tmp_path.iterdir()) == []


def test_each_answer_has_the_voice_that_was_set(asking: Asking) -> None:
    def first_second(pitch: float) -> Any:
        asking.model.set_voice(sound(1.5, pitch=pitch, loudness=pitch / 1000))
        return asking.ask(prompt(LONG), 20, speech=True, seed=3).speech[0].astype(int)

    high, low = first_second(700), first_second(120)
    assert abs(high - low).max() > 1600
    assert (first_second(700) == high).all()


def test_recordings_of_no_use_as_a_voice(asking: Asking) -> None:
    with pytest.raises(EngineError, match="1 s"):
        asking.model.set_voice(sound(0.5))
    reader = asking.remote.tts.audio_tokenizer.audio_tokenizer.encoder
    asking.fail(reader, RuntimeError("the reference has no speech in it"))
    with pytest.raises(EngineError, match="no speech in it"):
        asking.model.set_voice(sound(1.9, pitch=77))
    asking.close()
    asking.model.set_voice(sound(1.9, pitch=77))
    assert asking.ask(prompt(LONG), 12, speech=True).speech
