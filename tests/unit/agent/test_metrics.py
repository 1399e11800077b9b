"""What a booth counts of its lines and questions."""

from __future__ import annotations

import asyncio
import time

from livekit.plugins.pressbox.commentator import Kind, Line, Lines, new_line

from agent.clock.display_clock import DisplayClock
from agent.metrics import BoothMetrics
from agent.room.questions.question import Question
from agent.sound.commentary import LAG
from tests.support.virtual_time import virtual

DELAY = 2.0


class Voice:
    """Plays lines as the booth does, at times of our own."""

    def __init__(self, delay: float = DELAY) -> None:
        self.metrics = BoothMetrics(DisplayClock(delay))
        self.lines = Lines(time.monotonic)
        self.lines.listen(self.metrics.changed)

    async def line(self, kind: Kind, *, ready: float, starts: float) -> Line:
        """One that begins to be heard so many seconds after it was asked for."""
        now = time.monotonic()
        line = new_line(kind, anchor=now, requested_at=now)
        self.lines.add(line)
        await asyncio.sleep(ready)
        self.lines.move(line, "ready")
        await asyncio.sleep(starts - ready)
        self.lines.move(line, "waiting")
        self.lines.move(line, "playing")
        self.lines.complete(line)
        return line

    def told(self) -> dict[str, float]:
        samples = [one for family in self.metrics.registry.collect() for one in family.samples]
        named = {" ".join([one.name, *one.labels.values()]): one.value for one in samples}
        return {name.removeprefix("pressbox_booth_"): value for name, value in named.items()}


@virtual
async def test_a_line_is_counted_once_at_each_step_and_measured_against_its_picture() -> None:
    voice = Voice()
    line = await voice.line("commentary", ready=1.0, starts=DELAY + LAG + 0.1)
    voice.lines.move(line, "ended")
    late = await voice.line("commentary", ready=3.0, starts=DELAY + LAG + 1.2)
    voice.lines.drop(late, "interrupted")
    told = voice.told()
    assert told["lines_total commentary"] == told["ready_seconds_count commentary"] == 2
    assert told["ready_seconds_sum commentary"] == 4
    assert told["lines_spoken_total commentary"] == 1
    assert told["lines_dropped_total commentary interrupted"] == 1
    assert told["sync_error_seconds_count"] == 2
    assert abs(told["sync_error_seconds_sum"] - 1.3) < 1e-6
    assert told["first_sound_seconds_count"] == 1
    assert abs(told["first_sound_seconds_sum"] - (DELAY + LAG + 0.1)) < 1e-6


@virtual
async def test_a_question_is_timed_from_its_coming_to_its_first_sound() -> None:
    voice = Voice()
    question = Question("ann", "", "What?", 0.0, lambda _: None, count=voice.metrics.over)
    await asyncio.sleep(3.0)
    question.heard_at = time.monotonic()
    question.end("answered")
    Question("ann", "", "", 0.0, lambda _: None, count=voice.metrics.over).end("taken back")
    told = voice.told()
    assert (told["answer_seconds_count"], told["answer_seconds_sum"]) == (1, 3)
    assert told["questions_total answered"] == told["questions_total taken_back"] == 1
