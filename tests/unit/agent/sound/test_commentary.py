"""The voice of a booth: who plays a line, when, and what makes it fall silent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from livekit.plugins.pressbox.audio import FRAME_BYTES, FRAME_SECONDS
from livekit.plugins.pressbox.commentator import Kind, Line, Output, State, new_line

from agent.clock.delay import Delay, ReadyTimes
from agent.clock.display_clock import DisplayClock
from agent.clock.pacer import BoothPacer
from agent.clock.schedule import LATE
from agent.sound.commentary import LAG, MOST_REFUSED, Commentary
from agent.surroundings import in_livekit
from tests.support.fake_rtc import FakeRoom, FakeRtc
from tests.support.virtual_time import virtual

INVALID = Exception("InvalidState - failed to capture frame")
PIECE = b"\1\2" * (FRAME_BYTES // 2)


class ScriptedCommentator(Output):
    """Hands out lines that a test makes ready."""

    def __init__(self, pacer: BoothPacer) -> None:
        super().__init__(pacer)
        self.lines.listen(self._note)
        self.states: list[tuple[str, State, float]] = []

    def ready(
        self, text: str, *, seconds: float, kind: Kind = "commentary", whole: bool = True
    ) -> Line:
        now = time.monotonic()
        line = new_line(kind, anchor=now, requested_at=now)
        line.text = text
        self.lines.add(line)
        self.more(line, seconds)
        self.lines.move(line, "ready")
        if whole:
            self.lines.complete(line)
        return line

    def more(self, line: Line, seconds: float) -> None:
        pieces = round(seconds / FRAME_SECONDS)
        line.speech.extend([PIECE] * pieces)
        line.audio_seconds += pieces * FRAME_SECONDS
        line.text_only = not line.audio_seconds
        self.wake()

    def _note(self, line: Line) -> None:
        self.states.append((line.text, line.state, time.monotonic()))


class Studio:
    def __init__(self, rtc: FakeRtc, delay: float) -> None:
        self.rtc = rtc
        self.room: FakeRoom = rtc.room()
        clock, times = DisplayClock(0.0), ReadyTimes()
        control = Delay(clock, times, chosen=delay, first=3.0, longest=9.0)
        self.pacer = BoothPacer(clock, control, times, pause=1.0)
        self.commentator = ScriptedCommentator(self.pacer)
        self.told: list[str] = []
        self.commentary = Commentary(
            in_livekit(self.room).sound, self.commentator, tell=self.told.append
        )

    @property
    def heard(self) -> list[tuple[float, float]]:
        """Stretches of sound, in seconds of the clock."""
        spans: list[tuple[float, float]] = []
        for source in self.rtc.audio_sources:
            for piece in source.heard:
                if spans and piece.start - spans[-1][1] < 1e-6:
                    spans[-1] = (spans[-1][0], piece.end)
                else:
                    spans.append((piece.start, piece.end))
        return spans


@asynccontextmanager
async def studio(rtc: FakeRtc, delay: float = 3.0) -> AsyncIterator[Studio]:
    made = Studio(rtc, delay)
    made.commentary.start()
    yield made
    await made.commentary.aclose()
    await made.commentary.aclose()
    assert all(source.closed for source in rtc.audio_sources)


@virtual
async def test_a_line_is_heard_when_its_anchor_is_on_display(fake_rtc: FakeRtc) -> None:
    async with studio(fake_rtc) as on:
        line = on.commentator.ready("A ball.", seconds=2.0)
        await asyncio.sleep(10.0)
        ((start, end),) = on.heard
        assert start == pytest.approx(line.anchor + 3.0 + LAG)
        assert end - start == pytest.approx(2.0)
        assert line.state == "ended"
        assert line.said == "A ball."
        assert line.ended_at == pytest.approx(end)


@virtual
async def test_what_waits_and_what_plays_falls_silent_when_it_is_dropped(fake_rtc: FakeRtc) -> None:
    async with studio(fake_rtc) as on:
        waits = on.commentator.ready("Waits.", seconds=2.0)
        await asyncio.sleep(1.0)
        assert waits.state == "waiting"
        on.commentator.lines.drop(waits, "cancelled")
        await asyncio.sleep(5.0)
        assert on.heard == []
        assert waits.said == ""
        plays = on.commentator.ready("one two three four", seconds=4.0)
        await asyncio.sleep(5.0)
        on.commentator.lines.drop(plays, "interrupted")
        dropped = time.monotonic()
        await asyncio.sleep(5.0)
        ((start, end),) = on.heard
        assert start < dropped
        assert end == pytest.approx(dropped, abs=0.02)
        assert plays.said == "one two three"
        answer = on.commentator.ready("Yes.", seconds=1.0, kind="answer")
        await asyncio.sleep(2.0)
        assert on.heard[-1][0] == pytest.approx(answer.requested_at, abs=0.02)


@virtual
async def test_a_line_that_could_only_be_stale_is_not_spoken(fake_rtc: FakeRtc) -> None:
    async with studio(fake_rtc) as on:
        on.commentator.ready("An answer.", seconds=6.0, kind="answer")
        late = on.commentator.ready("Late.", seconds=1.0)
        await asyncio.sleep(20.0)
        assert late.reason == "late"
        assert len(on.heard) == 1
        slow = on.commentator.ready("Just in time.", seconds=1.0)
        slow.anchor -= 3.0 + LATE / 2
        await asyncio.sleep(5.0)
        assert slow.state == "ended"


@virtual
async def test_a_line_that_grows_while_it_is_heard(fake_rtc: FakeRtc) -> None:
    async with studio(fake_rtc, delay=0.0) as on:
        line = on.commentator.ready("Long", seconds=0.5, whole=False)
        await asyncio.sleep(0.4)
        on.commentator.more(line, 1.0)
        await asyncio.sleep(3.0)
        states = [line.state]
        on.commentator.more(line, 0.5)
        on.commentator.lines.complete(line)
        await asyncio.sleep(1.0)
        assert [*states, line.state] == ["playing", "ended"]
        assert [round(end - start, 2) for start, end in on.heard] == [1.5, 0.5]


@virtual
async def test_a_track_that_takes_nothing_is_made_anew_and_said(fake_rtc: FakeRtc) -> None:
    async with studio(fake_rtc, delay=0.0) as on:
        on.rtc.script.next("capture_audio", *[INVALID] * (2 * MOST_REFUSED))
        mute = on.commentator.ready("Mute.", seconds=3.0)
        await asyncio.sleep(10.0)
        assert mute.reason == "error"
        assert len(on.told) == 1
        back = on.commentator.ready("Back.", seconds=1.0)
        await asyncio.sleep(3.0)
        assert back.state == "ended"
        assert len(on.rtc.audio_sources) == 2
        assert len(on.room.local_participant.track_publications) == 1
