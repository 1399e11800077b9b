"""From the pieces of an engine's answer to a line, also of one that speaks slowly."""

from __future__ import annotations

import asyncio
import time

import numpy as np
from livekit.plugins.pressbox.audio import SAMPLE_RATE
from livekit.plugins.pressbox.commentator import Line, new_line
from livekit.plugins.pressbox.commentator.answer import Answer
from livekit.plugins.pressbox.commentator.speech_pace import SpeechPace
from livekit.plugins.pressbox.engine import Delta

from tests.support.virtual_time import virtual

TEXT = "A red car drives past the house and turns."
TONE = (np.sin(np.arange(SAMPLE_RATE) * 0.1) * 8000).astype(np.int16).tobytes()
"""A second of sound."""


class Studio:
    """Makes lines at a rate, in seconds of speech a second."""

    def __init__(self, rate: float) -> None:
        self.pace = SpeechPace()
        self._rate = rate

    async def line(self, seconds: int = 4, *, whole: bool = True) -> list[bool]:
        """Whether the line may start, as each second of its speech comes, and at its end."""
        answer = Answer(a_line(), wants_audio=True, pace=self.pace)
        answer.feed(Delta(text=TEXT))
        seen = []
        for _ in range(seconds):
            answer.feed(Delta(pcm=TONE))
            seen.append(answer.sounding)
            await asyncio.sleep(1 / self._rate)
        answer.end(whole=whole)
        return [*seen, answer.sounding]


def a_line() -> Line:
    now = time.monotonic()
    return new_line("commentary", anchor=now, requested_at=now)


@virtual
async def test_the_first_line_starts_at_once_and_the_next_ones_wait_until_they_can_be_played() -> (
    None
):
    studio = Studio(rate=0.5)
    assert (await studio.line())[0]
    assert await studio.line() == [False, False, True, True, True]
    # Four seconds of speech of which the last comes after six: started at four it never falls dry.


@virtual
async def test_a_line_that_was_cut_short_teaches_no_pace() -> None:
    studio = Studio(rate=0.5)
    await studio.line(whole=False)
    assert studio.pace.rate == float("inf")
    await studio.line()
    slow = studio.pace.rate
    await studio.line(seconds=1, whole=False)
    assert studio.pace.rate == slow
    assert not (await studio.line())[1], "lines are as long as before"


PAUSE = bytes(len(TONE) // 4)


def broken(text: str, *pcm: bytes, voiced: bool = False) -> Line:
    """An answer whose tokens ran out."""
    answer = Answer(a_line(), wants_audio=True, pace=SpeechPace())
    answer.feed(Delta(text=text))
    for one in pcm:
        answer.feed(Delta(pcm=one, voiced=voiced))
    answer.feed(Delta(finish="length"))
    answer.end(whole=True)
    return answer.line


def test_what_was_cut_at_the_token_cap_is_said_to_its_last_whole_clause() -> None:
    line = broken("A red car stops. A man gets out and", TONE, PAUSE, TONE)
    assert line.text == "A red car stops."
    assert 1.0 <= line.audio_seconds <= 1.25
    assert line.audio_seconds == len(line.speech) * 0.02


def test_a_voice_that_was_given_whole_clauses_only_is_heard_to_its_end() -> None:
    line = broken("A red car stops. A man gets out and", TONE, voiced=True)
    assert (line.text, line.audio_seconds) == ("A red car stops.", 1.0)


def test_of_what_has_no_whole_clause_nothing_is_said() -> None:
    line = broken("A red car that", TONE)
    assert (line.text, len(line.speech)) == ("", 0)
