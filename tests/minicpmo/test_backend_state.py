"""One request leaves nothing for the next, however it ended; what is kept changes nothing."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.minicpmo.backend import BackendError, Sampling, Speech
from models.runtime.parts import Prompt
from tests.minicpmo.asking import LONG, Asking, Said, frame, prompt, sound

FIRST = prompt(frame("red"), "Red room.", system=("The red persona.",))
SECOND = prompt(frame("blue"), "Blue room.", system=("The blue persona.",))
ENOUGH = Sampling(60, temperature=0)


def _whole(asking: Asking) -> None:
    asking.ask(FIRST, 30, speech=True)


def _closed(asking: Asking) -> None:
    """In the middle of its speech."""
    asking.backend.prefill(prompt(frame("red"), LONG))
    pieces = asking.backend.generate(ENOUGH, speech=True)
    assert any(isinstance(piece, Speech) for piece in pieces)
    pieces.close()
    made = len(asking.tap.tokens)
    assert made < 60
    asking.backend.reset()
    assert len(asking.tap.tokens) == made, "closing waits until the model is quiet"
    with pytest.raises(BackendError, match="prompt"):
        next(asking.backend.generate(ENOUGH, speech=False))


def _abandoned(asking: Asking) -> None:
    """Without so much as closing it."""
    asking.backend.prefill(prompt(frame("red"), LONG))
    next(asking.backend.generate(ENOUGH, speech=False))


def _stopped(asking: Asking) -> None:
    asking.at_token(5, asking.backend.stop)
    said = asking.ask(prompt(frame("red"), LONG), 60)
    assert said.end.completion_tokens == 5


def _never_begun(asking: Asking) -> None:
    asking.backend.prefill(FIRST)
    asking.backend.generate(ENOUGH, speech=True)


def _prefilled_twice(asking: Asking) -> None:
    asking.backend.prefill(prompt(frame("red"), sound(3), "What?"))
    asking.backend.prefill(FIRST)


def _broken(asking: Asking) -> None:
    def breaks() -> None:
        raise RuntimeError("something in the model")

    asking.at_token(4, breaks)
    with pytest.raises(BackendError, match="something in the model"):
        asking.ask(FIRST, 30, speech=True)
    asking.close()


def _other_voice(asking: Asking) -> None:
    asking.backend.set_voice(sound(1.7, pitch=99))
    asking.ask(FIRST, 12, speech=True)


@pytest.mark.parametrize(
    "earlier",
    [
        _whole,
        _closed,
        _abandoned,
        _stopped,
        _never_begun,
        _prefilled_twice,
        _broken,
        _other_voice,
    ],
)
def test_a_request_shows_nothing_of_the_one_before(
    asking: Asking, earlier: Callable[[Asking], None]
) -> None:
    expected = asking.ask(SECOND, 30)
    earlier(asking)
    again = asking.ask(SECOND, 30)
    assert again.text == expected.text
    assert again.end == expected.end


@pytest.mark.parametrize("token", [0, 7])
def test_stop_from_another_thread_ends_it_at_the_next_token(asking: Asking, token: int) -> None:
    """Not the request after it."""

    def stop() -> None:
        thread = threading.Thread(target=asking.backend.stop)
        thread.start()
        thread.join()

    asking.backend.prefill(prompt(LONG))
    if token:
        asking.at_token(token, stop)
    else:
        stop()
    said = Said(tuple(asking.backend.generate(Sampling(200, temperature=0), speech=True)))
    assert said.end.completion_tokens == token
    assert said.end.reason == "stop"
    asking.backend.stop()
    assert asking.ask(prompt(LONG), 12).end.completion_tokens == 12


def test_stop_in_the_middle_of_speech_ends_it(asking: Asking) -> None:
    runs: list[int] = []

    def stop_at_thirtieth(count: int) -> None:
        runs.append(count)
        if count == 30:
            asking.backend.stop()

    asking.before_each(asking.model.tts.model, stop_at_thirtieth)
    said = asking.ask(prompt(LONG), 200, speech=True)
    assert len(runs) <= 32
    assert said.end.reason == "stop"


class Readings:
    """Which turns the model itself has read."""

    def __init__(self, asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
        self.roles: list[str] = []
        original = asking.model.streaming_prefill

        def reading(**call: Any) -> Any:
            self.roles.append(call["msgs"][0]["role"])
            return original(**call)

        monkeypatch.setattr(asking.model, "streaming_prefill", reading)


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
    read = Readings(asking, monkeypatch)
    asked = Prompt(system, (frame("red"), sound(2.2), "What is there?"))
    first = asking.ask(asked, 30)
    asking.ask(Prompt(system, ("Something else.",)), 12, speech=True)
    second = asking.ask(asked, 30)
    assert read.roles.count("system") == 1
    assert read.roles.count("user") > 2
    assert second.pieces == first.pieces


def test_a_voice_is_worked_out_once(
    asking: Asking, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    learned: list[int] = []
    original = asking.model.init_token2wav_cache

    def learning(samples: Any) -> None:
        learned.append(len(samples))
        original(samples)

    monkeypatch.setattr(asking.model, "init_token2wav_cache", learning)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    one, two = sound(1.31, pitch=140), sound(1.32, pitch=340)
    for voice in (one, one, two, one, two):
        asking.backend.set_voice(voice)
    assert learned == [len(one.samples), len(two.samples)]
    assert list(tmp_path.iterdir()) == []


def test_each_answer_has_the_voice_that_was_set(asking: Asking, vocoder: Any) -> None:
    def first_second(pitch: float) -> Any:
        asking.backend.set_voice(sound(1.5, pitch=pitch, loudness=pitch / 1000))
        return asking.ask(prompt(LONG), 20, speech=True, seed=3).speech[0]

    high, low = first_second(700), first_second(120)
    assert abs(high - low).max() > 0.05
    assert (first_second(700) == high).all()


def test_recordings_of_no_use_as_a_voice(asking: Asking, vocoder: Any) -> None:
    with pytest.raises(BackendError, match="1 s"):
        asking.backend.set_voice(sound(0.5))
    vocoder.FAULT = "prompt"
    with pytest.raises(BackendError, match="no speech in it"):
        asking.backend.set_voice(sound(1.9, pitch=77))
    vocoder.FAULT = ""
    asking.backend.set_voice(sound(1.9, pitch=77))
    assert asking.ask(prompt(LONG), 12, speech=True).speech
