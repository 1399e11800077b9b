"""Lines of an engine that makes speech more slowly than it is spoken."""

from __future__ import annotations

import numpy as np

from agent.commentator.engine.chunks import Delta
from agent.commentator.line import new_line
from agent.commentator.utterance import Utterance
from agent.commentator.voice.audio import SAMPLE_RATE
from agent.commentator.voice.speech_pace import SpeechPace

TEXT = "A red car drives past the house and turns."
TONE = (np.sin(np.arange(SAMPLE_RATE) * 0.1) * 8000).astype(np.int16).tobytes()
"""A second of sound."""


class Studio:
    """Makes lines of four seconds at a rate, on a clock of its own."""

    def __init__(self, rate: float) -> None:
        self.now = 100.0
        self.pace = SpeechPace()
        self._rate = rate

    def line(self, seconds: int = 4) -> list[tuple[float, bool]]:
        """When the line sounded: for each second of speech, when it came and whether it may start.

        Times are seconds since its first sound.
        """
        line = new_line("commentary", anchor=self.now, requested_at=self.now)
        utterance = Utterance(line, audio=True, clock=lambda: self.now, pace=self.pace)
        utterance.feed(Delta(text=TEXT))
        begin, seen = self.now, []
        for _ in range(seconds):
            utterance.feed(Delta(pcm=TONE))
            seen.append((self.now - begin, utterance.sounding))
            self.now += 1 / self._rate
        utterance.finish()
        assert utterance.sounding
        self.ready_after = (line.ready_at or 0.0) - begin
        return seen


async def test_the_first_line_starts_at_once_and_the_next_ones_wait_until_they_can_be_played() -> (
    None
):
    studio = Studio(rate=0.5)
    assert studio.line()[0] == (0.0, True)
    assert [may for _, may in studio.line()] == [False, False, True, True]
    assert studio.ready_after == 4.0
    # Four seconds of speech of which the last comes after six: started at four it never falls dry.


async def test_a_short_line_of_a_slow_engine_starts_when_it_is_complete() -> None:
    studio = Studio(rate=0.5)
    studio.line()
    assert [may for _, may in studio.line(seconds=2)] == [False, False]
    assert studio.ready_after == 4.0


async def test_a_fast_engine_is_never_waited_for() -> None:
    studio = Studio(rate=3.0)
    for _ in range(3):
        assert studio.line()[0] == (0.0, True)


async def test_a_line_without_sound_is_ready_when_its_text_is_complete() -> None:
    line = new_line("commentary", anchor=1.0, requested_at=1.0)
    utterance = Utterance(line, audio=True, clock=lambda: 5.0, pace=SpeechPace())
    utterance.feed(Delta(text=TEXT))
    before = utterance.sounding
    utterance.finish()
    assert (before, utterance.sounding, line.text_only) == (False, True, True)
