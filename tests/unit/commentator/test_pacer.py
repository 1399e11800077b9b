from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from livekit.plugins.pressbox.commentator import Line, Lines, PlaybackPacer, new_line

from tests.support.virtual_time import virtual


class Booth:
    """A pacer with lines in flight."""

    def __init__(self, **options: Any) -> None:
        self.lines = Lines(lambda: time.monotonic())
        self.pacer = PlaybackPacer(**options)
        self.pacer.attach(self.lines)

    async def line(self, *, ready: float, seconds: float) -> Line:
        """A line requested now, ready so many seconds later, that lasts so many seconds."""
        now = time.monotonic()
        line = new_line("commentary", anchor=now, requested_at=now)
        self.lines.add(line)
        await asyncio.sleep(ready)
        self.lines.move(line, "ready")
        line.audio_seconds = seconds
        self.lines.complete(line)
        return line

    def play(self, line: Line) -> None:
        self.lines.move(line, "waiting")
        self.lines.move(line, "playing")

    async def leaves(self) -> float:
        """Seconds until the next window leaves."""
        begun = time.monotonic()
        anchor = await self.pacer.next_anchor()
        assert anchor == time.monotonic()
        return anchor - begun


@virtual
async def test_the_next_window_leaves_a_ready_time_before_the_end_of_playback() -> None:
    booth = Booth(pause=0.5)
    line = await booth.line(ready=1.0, seconds=4.0)
    assert booth.pacer.ready_time == pytest.approx(1.0)
    booth.play(line)
    assert await booth.leaves() == pytest.approx(4.0 + 0.5 - 1.0)


@virtual
async def test_a_line_starts_a_pause_after_the_one_before() -> None:
    booth = Booth(pause=0.5)
    booth.play(await booth.line(ready=1.0, seconds=4.0))
    begun = time.monotonic()
    second = await booth.line(ready=1.0, seconds=3.0)
    assert booth.pacer.start_time(second) == pytest.approx(begun + 4.0 + 0.5)
    third = await booth.line(ready=0.1, seconds=1.0)
    assert booth.pacer.start_time(third) == pytest.approx(begun + 4.5 + 3.0 + 0.5)
    third.kind = "answer"
    assert booth.pacer.start_time(third) == pytest.approx(begun + 4.5 + 3.0)


@virtual
async def test_a_line_about_an_old_picture_is_late_and_an_answer_is_not() -> None:
    booth = Booth()
    line = await booth.line(ready=10.1, seconds=1.0)
    assert booth.pacer.is_late(line)
    line.kind = "answer"
    assert not booth.pacer.is_late(line)
    assert booth.pacer.deadline(line) == line.requested_at + 15.0
