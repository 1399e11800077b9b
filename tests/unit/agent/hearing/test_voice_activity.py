"""Real silero: what is a voice and what is not."""

from __future__ import annotations

import pytest

from agent.hearing.utterance import SAMPLE_RATE, WINDOW_BYTES, Cutter, Utterance
from agent.hearing.voice_activity import VoiceActivity
from tests.support.speaker import fan, keyboard, music, spoken


def utterances(sound: bytes, cutter: Cutter) -> list[Utterance]:
    voice = VoiceActivity()
    found = []
    for at in range(0, len(sound) - WINDOW_BYTES + 1, WINDOW_BYTES):
        window = sound[at : at + WINDOW_BYTES]
        if utterance := cutter.push(window, voice.probability(window)):
            found.append(utterance)
    return found


def cutter(*, held: bool) -> Cutter:
    made = Cutter()
    made.by_voice = True
    made.held = held
    return made


@pytest.mark.parametrize("noise", [fan, keyboard, music])
@pytest.mark.parametrize("held", [False, True])
def test_noise_is_no_utterance(noise, held) -> None:  # type: ignore[no-untyped-def]
    ears = cutter(held=held)
    assert utterances(noise(20.0, SAMPLE_RATE), ears) == []
    assert ears.end() is None


@pytest.mark.parametrize("voice", ["en-us", "en-gb", "en-us+f3", "en-gb+m3"])
def test_a_sentence_is_one_utterance_from_end_to_end(voice: str) -> None:
    second = bytes(2 * SAMPLE_RATE)
    said = spoken("How many people are there?", voice, SAMPLE_RATE)
    (utterance,) = utterances(second + said + second, cutter(held=False))
    assert said[1600:-1600] in utterance.sound


def test_one_short_word_is_enough_behind_a_button() -> None:
    ears = cutter(held=True)
    second = bytes(2 * SAMPLE_RATE)
    assert utterances(second + spoken("Stop.", "en-gb+m3", SAMPLE_RATE) + second, ears) == []
    assert ears.end()
