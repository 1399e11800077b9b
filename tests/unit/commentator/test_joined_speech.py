"""Pauses between pieces of speech."""

from __future__ import annotations

import numpy as np
import pytest
from gated_engine import tone
from livekit.plugins.pressbox.audio import SAMPLE_RATE

from agent.voice.joined_speech import AFTER_CLAUSE, AFTER_SENTENCE, JoinedSpeech
from agent.voice.sentences import Piece


def quiet_spans(pcm: bytes) -> list[tuple[float, float]]:
    """Start and length, in seconds, of what is silent for 50 ms and more."""
    loud = np.flatnonzero(np.abs(np.frombuffer(pcm, "<i2")) > 500)
    edges = np.concatenate([[-1], loud, [len(pcm) // 2]])
    gaps = np.diff(edges) - 1
    return [
        ((edges[at] + 1) / SAMPLE_RATE, gaps[at] / SAMPLE_RATE)
        for at in np.flatnonzero(gaps > 0.05 * SAMPLE_RATE)
    ]


@pytest.mark.parametrize("silence", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("size", [60, 960, 100_000])
def test_pauses_are_ours_whatever_silence_a_voice_leaves(silence: float, size: int) -> None:
    joined = JoinedSpeech()
    sound = b""
    for piece in (Piece("One,", False), Piece("two.", True), Piece("Three.", True)):
        pcm = tone(0.4, silence=silence)
        for at in range(0, len(pcm), size):
            sound += joined.push(pcm[at : at + size])
        sound += joined.end(piece)
    inner = [span for span in quiet_spans(sound) if span[0] > 0.1][:2]
    assert [length for _, length in inner] == pytest.approx(
        [AFTER_CLAUSE, AFTER_SENTENCE], abs=0.03
    )
    whole = len(sound) / 2 / SAMPLE_RATE
    assert whole == pytest.approx(3 * 0.4 + AFTER_CLAUSE + AFTER_SENTENCE, abs=0.25)


def test_no_pause_stands_at_the_end_or_alone() -> None:
    joined = JoinedSpeech()
    assert joined.end(Piece("", True)) == b""
    sound = joined.push(tone(0.2)) + joined.end(Piece("One.", True))
    assert quiet_spans(sound)[-1:] == [] or quiet_spans(sound)[-1][1] < 0.1
