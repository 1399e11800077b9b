"""From a backend's pieces to a client's."""

from __future__ import annotations

import numpy as np
import pytest

from models.engine import AudioDelta, Delta, Finished, Notice, TextDelta
from models.minicpmo.answer import Answer, pcm16
from models.minicpmo.backend import End, Piece, Speech, SpeechFailed, Text

SOUND = Speech(np.full(240, 0.5, np.float32))
END = End("stop", 70, 3)


def answer(*pieces: Piece) -> list[Delta]:
    translated = Answer()
    return [delta for piece in pieces for delta in translated.translate(piece)]


def test_text_and_speech_come_as_they_are_made() -> None:
    first, second, third, end = answer(Text(" A"), SOUND, Text(" man"), END)
    assert (first, third) == (TextDelta("A"), TextDelta(" man"))
    assert isinstance(second, AudioDelta)
    assert second.seconds == 0.01
    assert end == Finished("stop", 70, 3)


@pytest.mark.parametrize("pieces", [(), (Text("..."), SOUND), (Text("<|tts_eos|>"),), (SOUND,)])
def test_an_answer_of_nothing_is_empty(pieces: tuple[Piece, ...]) -> None:
    assert answer(*pieces, END) == [Finished("stop", 70, 3)]


def test_speech_before_the_text_waits_for_it() -> None:
    text, sound, _ = answer(SOUND, Text("A man"), END)
    assert isinstance(text, TextDelta)
    assert isinstance(sound, AudioDelta)


def test_text_that_is_held_back_comes_out_at_the_end() -> None:
    assert answer(Text("1 <"), SOUND, END)[-2:] == [TextDelta("<"), Finished("stop", 70, 3)]


def test_after_speech_has_failed_the_text_goes_on() -> None:
    failed = SpeechFailed("the vocoder\nbroke")
    got = answer(Text("A"), SOUND, failed, Text(" man"), SOUND, failed, Text(" runs"), END)
    assert [type(delta) for delta in got] == [
        *(TextDelta, AudioDelta, Notice, TextDelta, TextDelta, Finished)
    ]
    assert got[2] == Notice("speech failed: the vocoder broke; the text goes on")


def test_speech_of_no_numbers_is_a_failure() -> None:
    broken = Speech(np.full(240, np.nan, np.float32))
    got = answer(Text("A"), broken, broken, Text(" man"), END)
    assert [type(delta) for delta in got] == [TextDelta, Notice, TextDelta, Finished]


def test_no_speech_at_all_is_no_piece() -> None:
    assert answer(Text("A"), Speech(np.zeros(0, np.float32)), END)[1:] == [Finished("stop", 70, 3)]


def test_samples_are_clipped_and_never_anything_but_numbers() -> None:
    samples = np.array([0, 1, -1, 3, -3, np.nan, np.inf, -np.inf, 0.5], np.float32)
    pcm = np.frombuffer(pcm16(samples), "<i2").tolist()
    assert pcm == [0, 32767, -32767, 32767, -32767, 0, 32767, -32767, 16384]
