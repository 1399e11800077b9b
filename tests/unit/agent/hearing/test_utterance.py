"""Where utterances begin and end."""

from __future__ import annotations

import pytest

from agent.hearing.utterance import (
    END_SILENCE,
    LEAST_VOICE,
    PRE_ROLL,
    WINDOW_BYTES,
    WINDOW_SECONDS,
    Cutter,
    Utterance,
)


class Sound:
    """Windows, each with its number in it, pushed into a cutter."""

    def __init__(self, *, by_voice: bool) -> None:
        self.cutter = Cutter()
        self.cutter.by_voice = by_voice
        self.count = 0
        self.utterances: list[Utterance] = []

    def is_open(self) -> bool:
        return self.cutter.open

    def push(self, seconds: float, probability: float) -> None:
        for _ in range(round(seconds / WINDOW_SECONDS)):
            window = self.count.to_bytes(4, "little").ljust(WINDOW_BYTES, b"\0")
            self.count += 1
            if utterance := self.cutter.push(window, probability):
                self.utterances.append(utterance)


def numbers(utterance: Utterance) -> list[int]:
    sound = utterance.sound
    return [
        int.from_bytes(sound[at : at + 4], "little") for at in range(0, len(sound), WINDOW_BYTES)
    ]


def test_a_voice_is_cut_out_with_what_was_just_before_it_and_without_a_gap() -> None:
    sound = Sound(by_voice=True)
    sound.push(3.0, 0.1)
    first = sound.count
    sound.push(1.0, 0.9)
    sound.push(END_SILENCE - 0.1, 0.1)
    sound.push(0.5, 0.9)
    assert sound.utterances == []
    sound.push(END_SILENCE, 0.1)
    (utterance,) = sound.utterances
    found = numbers(utterance)
    assert found == list(range(found[0], found[0] + len(found)))
    assert first - found[0] == pytest.approx(PRE_ROLL / WINDOW_SECONDS, abs=2)
    assert found[-1] == sound.count - 1
    assert not utterance.full
    sound.push(10.0, 0.1)
    assert len(sound.utterances) == 1
    assert sound.cutter.end() is None


def test_what_is_too_short_for_a_word_is_none() -> None:
    sound = Sound(by_voice=True)
    for _ in range(20):
        sound.push(WINDOW_SECONDS, 0.9)  # a click
        sound.push(WINDOW_SECONDS, 0.1)
    assert not sound.is_open()
    sound.push(LEAST_VOICE - 0.1, 0.9)  # a cough
    sound.push(END_SILENCE + 0.1, 0.1)
    assert sound.utterances == []
    assert not sound.is_open()


def test_a_button_pressed_in_the_midst_of_it_takes_the_beginning_too() -> None:
    sound = Sound(by_voice=True)
    sound.push(1.0, 0.9)
    sound.cutter.held = True
    sound.push(END_SILENCE * 2, 0.1)
    sound.push(1.0, 0.9)
    assert sound.utterances == []
    utterance = sound.cutter.end()
    assert utterance
    assert numbers(utterance)[0] <= 2
