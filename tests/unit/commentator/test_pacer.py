from __future__ import annotations

from typing import Any

import pytest

from agent.commentator.line import Line, new_line
from agent.commentator.pacer import PlaybackPacer


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def made(pacer: PlaybackPacer, clock: Clock, *, ready: float, seconds: float) -> Line:
    """A line requested now, ready so many seconds later, that lasts so many seconds."""
    line = new_line("commentary", anchor=clock.now, requested_at=clock.now)
    clock.now += ready
    line.ready_at = clock.now
    assert pacer.ready(line)
    line.duration = line.audio_seconds = seconds
    pacer.generated(line)
    return line


def test_the_first_window_leaves_at_once(clock: Clock) -> None:
    assert PlaybackPacer(clock=clock).request_at() <= clock.now


def test_the_next_window_leaves_a_ready_time_before_the_end_of_playback(clock: Clock) -> None:
    pacer = PlaybackPacer(pause=0.5, clock=clock)
    line = made(pacer, clock, ready=1.0, seconds=4.0)
    assert pacer.ready_time == pytest.approx(1.0)
    assert pacer.request_at() == pytest.approx(101.0 + 4.0 + 0.5 - 1.0)
    line.started_at = 102.0
    assert pacer.request_at() == pytest.approx(102.0 + 4.0 + 0.5 - 1.0)


def test_ready_times_are_learnt(clock: Clock) -> None:
    pacer = PlaybackPacer(clock=clock)
    for _ in range(30):
        made(pacer, clock, ready=2.5, seconds=1.0)
        clock.now += 10
    assert pacer.ready_time == pytest.approx(2.5, abs=0.01)


def test_a_line_starts_a_pause_after_the_one_before(clock: Clock) -> None:
    pacer = PlaybackPacer(pause=0.5, clock=clock)
    first = made(pacer, clock, ready=1.0, seconds=4.0)
    first.started_at = clock.now
    clock.now += 2.0
    second = made(pacer, clock, ready=1.0, seconds=3.0)
    assert pacer.start_of(second) == pytest.approx(101.0 + 4.0 + 0.5)
    first.started_at += 1.0
    assert pacer.start_of(second) == pytest.approx(102.0 + 4.0 + 0.5)
    third = made(pacer, clock, ready=0.1, seconds=1.0)
    assert pacer.start_of(third) == pytest.approx(106.5 + 3.0 + 0.5)


def test_an_interrupted_line_frees_the_voice(clock: Clock) -> None:
    pacer = PlaybackPacer(pause=0.0, clock=clock)
    line = made(pacer, clock, ready=1.0, seconds=60.0)
    pacer.dropped(line, "interrupted")
    assert pacer.request_at() <= clock.now


def test_a_line_about_an_old_picture_is_refused_and_an_answer_is_not(clock: Clock) -> None:
    pacer = PlaybackPacer(max_age=10.0, clock=clock)
    old = new_line("commentary", anchor=clock.now - 10.1, requested_at=clock.now)
    assert not pacer.ready(old)
    old.kind = "answer"
    assert pacer.ready(old)
    assert pacer.deadline(old) == old.requested_at + 15.0


@pytest.mark.parametrize("name", ["pause", "max_wait", "max_age"])
def test_negative_times_are_refused(name: str) -> None:
    arguments: dict[str, Any] = {name: -0.1}
    with pytest.raises(ValueError, match=name):
        PlaybackPacer(**arguments)


async def test_waiting_returns_when_due() -> None:
    pacer = PlaybackPacer(pause=0.05)
    before = pacer.answer_anchor()
    anchor = await pacer.next_anchor()
    assert anchor >= before
    line = new_line("commentary", anchor=anchor, requested_at=anchor)
    assert pacer.ready(line)
    line.ready_at, line.duration = anchor, 0.02
    await pacer.wait_start(line)
    assert pacer.frames_per_window(4) == 4
