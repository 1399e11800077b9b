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
from tests.minicpmo.asking import LONG, Asking, frame, prompt, sound

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


def test_rooms_by_turns(asking: Asking) -> None:
    alone = [asking.ask(room, 30).text for room in (FIRST, SECOND)]
    assert alone[0] != alone[1]
    turns = [asking.ask(room, 30).text for _ in range(3) for room in (FIRST, SECOND)]
    assert turns == alone * 3


def test_the_tiny_model_tells_its_own_room(asking: Asking, tiny: None) -> None:
    for colour in ("red", "blue", "red", "green"):
        said = asking.ask(prompt(frame(colour), f"This is {colour}"), 60, speech=True)
        assert said.text == f"I see {colour}. You said This is {colour}."


def test_reset_forgets_what_was_prefilled(asking: Asking) -> None:
    asking.backend.prefill(FIRST)
    asking.backend.reset()
    with pytest.raises(BackendError, match="prompt"):
        next(asking.backend.generate(ENOUGH, speech=False))
    asking.backend.reset()


def test_closing_waits_until_the_model_is_quiet(asking: Asking) -> None:
    asking.backend.prefill(prompt(LONG))
    pieces = asking.backend.generate(Sampling(400, temperature=0), speech=False)
    next(pieces)
    pieces.close()
    made = len(asking.tap.tokens)
    assert made < 400
    asking.backend.reset()
    assert len(asking.tap.tokens) == made


def test_stop_from_another_thread_ends_it_at_the_next_token(asking: Asking) -> None:
    def stop() -> None:
        thread = threading.Thread(target=asking.backend.stop)
        thread.start()
        thread.join()

    asking.at_token(7, stop)
    said = asking.ask(prompt(LONG), 200, speech=True)
    assert said.end.completion_tokens == 7
    assert said.end.reason == "stop"


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


def test_an_early_stop_is_no_stop_for_the_next_request(asking: Asking) -> None:
    asking.backend.stop()
    assert asking.ask(prompt(LONG), 12).end.completion_tokens == 12


def test_stop_before_the_first_token(asking: Asking) -> None:
    asking.backend.prefill(prompt(LONG))
    asking.backend.stop()
    (end,) = asking.backend.generate(ENOUGH, speech=True)
    assert end.completion_tokens == 0  # type: ignore[union-attr]


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
    asked = Prompt(system, (frame("red"), "What is there?"))
    first = asking.ask(asked, 30)
    assert read.roles == ["system", "user"]
    asking.ask(Prompt(system, ("Something else.",)), 12, speech=True)
    second = asking.ask(asked, 30)
    assert read.roles == ["system", "user", "user", "user"]
    assert second.pieces == first.pieces


def test_a_spoken_question_after_a_kept_system_part(asking: Asking) -> None:
    asked = prompt(frame("red"), sound(2.2), "What?", system=("Kept for a question.",))
    assert asking.ask(asked, 20).pieces == asking.ask(asked, 20).pieces


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
