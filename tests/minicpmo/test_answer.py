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
    silence = Speech(np.zeros(0, np.float32))
    first, second, third, end = answer(SOUND, Text(" A"), silence, Text(" man"), END)
    assert (first, third) == (TextDelta("A"), TextDelta(" man"))
    assert isinstance(second, AudioDelta), "speech before the text waits for it"
    assert second.seconds == 0.01
    assert end == Finished("stop", 70, 3)


@pytest.mark.parametrize("pieces", [(), (Text("..."), SOUND), (Text("<|tts_eos|>"),), (SOUND,)])
def test_an_answer_of_nothing_is_empty(pieces: tuple[Piece, ...]) -> None:
    assert answer(*pieces, END) == [Finished("stop", 70, 3)]


def test_text_that_is_held_back_comes_out_at_the_end() -> None:
    assert answer(Text("1 <"), SOUND, END)[-2:] == [TextDelta("<"), Finished("stop", 70, 3)]


@pytest.mark.parametrize(
    "failed", [SpeechFailed("the vocoder\nbroke"), Speech(np.full(240, np.nan, np.float32))]
)
def test_after_speech_has_failed_the_text_goes_on(failed: Piece) -> None:
    got = answer(Text("A"), SOUND, failed, Text(" man"), SOUND, failed, Text(" runs"), END)
    kinds = [TextDelta, AudioDelta, Notice, TextDelta, TextDelta, Finished]
    assert [type(delta) for delta in got] == kinds
    assert isinstance(got[2], Notice)
    assert "\n" not in got[2].text


def test_samples_are_clipped_and_never_anything_but_numbers() -> None:
    samples = np.array([0, 1, -1, 3, -3, np.nan, np.inf, -np.inf, 0.5], np.float32)
    pcm = np.frombuffer(pcm16(samples), "<i2").tolist()
    assert pcm == [0, 32767, -32767, 32767, -32767, 0, 32767, -32767, 16384]
